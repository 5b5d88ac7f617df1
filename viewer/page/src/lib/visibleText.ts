/** Control and format characters: unseen, or they turn the direction of what follows. Not line ends, tabs, and the joiner of emoji. */
const UNSEEN = /(?![\t\n\r\u200d])[\p{Cc}\p{Cf}]/gu;

/** The text with what cannot be seen written out, as in `⟨202E⟩`: what is shown is what was sent. */
export function visibleText(text: string): string {
  return text.replace(
    UNSEEN,
    (character) =>
      `⟨${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}
