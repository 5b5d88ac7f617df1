import { laneColour } from '../lib/laneColour';
import type { Palette } from '../types/Palette';

const COLOURS = {
  bg: '--bg',
  band: '--band',
  line: '--line',
  fg: '--fg',
  muted: '--muted',
  accent: '--accent',
  error: '--error',
  errorBar: '--error-bar',
  grey: '--grey-bar',
  critical: '--critical',
  onBar: '--on-bar',
  gap: '--gap',
} as const;

type Named = keyof typeof COLOURS;

/** Reads the colours of the theme, and those of lanes with these hues, off an element. */
export function readPalette(
  element: HTMLElement,
  hues: readonly (number | undefined)[],
): Palette {
  // A custom property comes back as it was written; only a real property is resolved for the theme.
  const probe = document.createElement('i');
  element.append(probe);
  const style = getComputedStyle(probe);
  const resolve = (colour: string) => {
    probe.style.color = colour;
    return style.color;
  };
  const named = Object.entries(COLOURS).map(([name, property]) => [
    name,
    resolve(`var(${property})`),
  ]);
  const lanes = hues.map((hue) => resolve(laneColour(hue)));
  probe.remove();
  return { ...(Object.fromEntries(named) as Record<Named, string>), lanes };
}
