import { expect, test, vi } from 'vitest';
import { drawHistogram } from '../../src/canvas/drawHistogram';
import type { Palette } from '../../src/types/Palette';

const HOUR = 3_600_000;

test.each([6 * HOUR, 5 * 24 * HOUR, 90 * 24 * HOUR])(
  'the times below %d ms of traces differ',
  (length) => {
    vi.stubGlobal('document', {
      createElement: () => ({ getContext: () => undefined }),
    });
    const labels: string[] = [];
    const context = {
      fillRect: () => undefined,
      fillText: (text: string) => labels.push(text),
    } as unknown as CanvasRenderingContext2D;
    const buckets = Array.from({ length: 120 }, (_, index) => ({
      start: new Date(2026, 5, 1).getTime() + (index * length) / 120,
      count: 0,
      errors: 0,
      leftOut: 0,
      maxDuration: 0,
    }));
    drawHistogram(context, {
      buckets,
      step: length / 120,
      palette: {} as Palette,
      width: 1200,
      height: 90,
      prunedBefore: undefined,
    });
    expect(labels.length).toBeGreaterThan(3);
    expect(new Set(labels).size).toBe(labels.length);
  },
);
