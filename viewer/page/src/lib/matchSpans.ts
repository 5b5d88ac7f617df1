import type { Span } from '../bindings/Span';

/** 1 for each span whose name, message or attributes contain every word of the text; `undefined` for an empty text. */
export function matchSpans(
  spans: readonly Span[],
  text: string,
): Uint8Array | undefined {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return Uint8Array.from(spans, (span) => {
    const parts = [span.name, span.statusMessage ?? '', span.spanId];
    for (const [name, value] of Object.entries(span.attributes))
      parts.push(
        `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
    const all = parts.join('\n').toLowerCase();
    return words.every((word) => all.includes(word)) ? 1 : 0;
  });
}
