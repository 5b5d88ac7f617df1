/** The views of the page, in the order of the navigation. */
export const VIEWS = [
  'traces',
  'commands',
  'errors',
  'logs',
  'metrics',
  'map',
  'runs',
] as const;

/** A view of the navigation, or one trace. */
export type ViewName = (typeof VIEWS)[number] | 'trace';

/** What the page shows. Its text form is the fragment of the URL, so that a copied URL shows the same. */
export interface Link {
  readonly view: ViewName;
  /** The id of the trace, or the name of the metric; else empty. */
  readonly id: string;
  /** Named as the parameters of the API, and handed to it as they are; `last` (a duration) stands for `start` up to now. */
  readonly params: URLSearchParams;
}
