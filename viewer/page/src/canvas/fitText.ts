/** The longest beginning of a text that fits into `width`, with an ellipsis when it is cut; empty when not even three letters fit. */
export function fitText(
  context: CanvasRenderingContext2D,
  text: string,
  width: number,
): string {
  if (width < 12) return '';
  // Measuring a megabyte would take a frame; no bar holds so much.
  const head = text.length > 300 ? text.slice(0, 300) : text;
  if (context.measureText(head).width <= width) return head;
  let low = 0;
  let high = head.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${head.slice(0, middle)}…`).width <= width)
      low = middle;
    else high = middle - 1;
  }
  return low < 3 ? '' : `${head.slice(0, low)}…`;
}
