export { defineSpans } from './spans/defineSpans.js';
export type {
  End,
  Families,
  FamilyDeclaration,
  FamilySpan,
  FieldDeclaration,
  Fields,
  MetricDeclaration,
  SpanFamilies,
  SpanFamily,
  Start,
  Values,
} from './spans/types.js';
