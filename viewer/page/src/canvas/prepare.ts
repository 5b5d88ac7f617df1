/** The face of what is written on a canvas; the page's own. */
const FONT = '11.5px Inter, system-ui, sans-serif';

/** A canvas of this size in CSS pixels, sharp on every screen, empty, and ready to be drawn on. */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const ratio = devicePixelRatio || 1;
  const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
  // Setting the size, even to what it is, throws the canvas away.
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== tall) canvas.height = tall;
  const context = canvas.getContext('2d') ?? undefined;
  if (!context) return undefined;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';
  return context;
}
