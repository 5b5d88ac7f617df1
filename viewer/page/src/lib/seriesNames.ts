import type { MetricSeries } from '../bindings/MetricSeries';
import { visibleText } from './visibleText';

/** What tells each series of a chart from the others: the values of its labels, and its service if there are several or no labels. */
export function seriesNames(series: readonly MetricSeries[]): string[] {
  const services = new Set(series.map(({ service }) => service)).size;
  return series.map(({ labels, service }) => {
    const parts = Object.values(labels).filter(Boolean);
    if (services > 1 || parts.length === 0) parts.push(service);
    return visibleText(parts.join(' · '));
  });
}
