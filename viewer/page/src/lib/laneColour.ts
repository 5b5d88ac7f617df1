/** The colour of a bar as CSS: of equal lightness and strength for every hue, in both themes; grey without a hue. */
export function laneColour(hue: number | undefined): string {
  return hue === undefined
    ? 'var(--grey-bar)'
    : `light-dark(oklch(0.8 0.095 ${hue}), oklch(0.74 0.105 ${hue}))`;
}
