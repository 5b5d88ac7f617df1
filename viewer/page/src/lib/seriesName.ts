import type { MetricSeries } from '../bindings/MetricSeries';
import { visibleText } from './visibleText';

/** What tells a series from the others: the values of its labels, or its service. */
export function seriesName({ labels, service }: MetricSeries): string {
  const values = Object.values(labels).filter(Boolean);
  return visibleText(values.length > 0 ? values.join(' · ') : service);
}
