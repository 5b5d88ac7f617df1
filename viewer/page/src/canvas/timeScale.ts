/** Room on the right for what ends with the trace, in CSS pixels. */
const MARGIN = 14;

/** Where a time is on the canvas, and which time is at a place. */
export function timeScale(scene: {
  gutter: number;
  width: number;
  from: number;
  to: number;
}): { x: (time: number) => number; time: (x: number) => number } {
  const { gutter, from } = scene;
  const perUnit =
    Math.max(1, scene.width - gutter - MARGIN) / (scene.to - from);
  return {
    x: (time) => gutter + (time - from) * perUnit,
    time: (x) => from + (x - gutter) / perUnit,
  };
}
