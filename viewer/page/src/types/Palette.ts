/** The colours of the theme for a canvas, which knows no custom properties. */
export interface Palette {
  readonly bg: string;
  readonly band: string;
  readonly line: string;
  readonly fg: string;
  readonly muted: string;
  readonly accent: string;
  readonly error: string;
  readonly errorBar: string;
  readonly grey: string;
  readonly critical: string;
  readonly onBar: string;
  readonly gap: string;
  /** The colour of each lane. */
  readonly lanes: readonly string[];
}
