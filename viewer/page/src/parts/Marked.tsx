import { visibleText } from '../lib/visibleText';

/** A text in which the words that were searched for are marked. */
export function Marked({
  text,
  words,
}: {
  text: string;
  words: readonly string[];
}) {
  const shown = visibleText(text);
  if (words.length === 0) return <>{shown}</>;
  const pattern = new RegExp(
    `(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`,
    'gi',
  );
  // With one group, every second piece is a match.
  return (
    <>
      {shown
        .split(pattern)
        .map((piece, index) =>
          index % 2 ? <mark key={index}>{piece}</mark> : piece,
        )}
    </>
  );
}
