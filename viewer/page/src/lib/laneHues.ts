import type { LaneKind } from '../bindings/LaneKind';

/** Degrees in OKLCH. No kind comes near 20, the red of errors. */
const HUES: Record<LaneKind, readonly (number | undefined)[]> = {
  page: [262, 232, 205],
  ipc: [undefined],
  core: [150, 172, 128],
  sidecar: [82, 62, 104],
  server: [306, 328, 286],
};

/** The hue of each lane: one family of hues for each kind, so that a second window looks like a window. */
export function laneHues(kinds: readonly LaneKind[]): (number | undefined)[] {
  const seen: Partial<Record<LaneKind, number>> = {};
  return kinds.map((kind) => {
    const before = seen[kind] ?? 0;
    seen[kind] = before + 1;
    const hues = HUES[kind] ?? HUES.server;
    return hues[before % hues.length];
  });
}
