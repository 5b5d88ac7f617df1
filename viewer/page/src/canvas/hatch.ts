const made = new Map<string, CanvasPattern>();

/** A pattern of diagonal lines: what is not known, or waits. */
export function hatch(
  context: CanvasRenderingContext2D,
  colour: string,
): CanvasPattern | string {
  const known = made.get(colour);
  if (known) return known;
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const draw = tile.getContext('2d');
  if (!draw) return colour;
  draw.strokeStyle = colour;
  draw.lineWidth = 1.2;
  draw.beginPath();
  for (const shift of [-6, 0, 6]) {
    draw.moveTo(shift - 1, 7);
    draw.lineTo(shift + 7, -1);
  }
  draw.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  if (pattern) made.set(colour, pattern);
  return pattern ?? colour;
}
