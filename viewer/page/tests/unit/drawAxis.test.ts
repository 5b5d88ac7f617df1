import { expect, test } from 'vitest';
import { drawAxis } from '../../src/canvas/drawAxis';
import type { Scene } from '../../src/types/Scene';

test.each([
  [0, 1.18e6],
  [5e9, 5.001e9],
  [59.9e9, 60.1e9],
  [80e9, 80.5e9],
  [0, 300e9],
  [3600e9, 3610e9],
  [3600e9, 7200e9],
  [80e9, 80e9 + 50],
])('the labels of an axis from %d to %d ns differ', (from, to) => {
  const labels: string[] = [];
  const context = {
    fillRect: () => undefined,
    fillText: (text: string) => labels.push(text),
  } as unknown as CanvasRenderingContext2D;
  const scene = { palette: {}, gutter: 168, width: 1208, from, to } as Scene;
  drawAxis(context, scene, 26);
  expect(labels.length).toBeGreaterThan(3);
  expect(new Set(labels).size).toBe(labels.length);
});
