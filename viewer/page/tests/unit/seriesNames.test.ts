import { expect, test } from 'vitest';
import { seriesNames } from '../../src/lib/seriesNames';

const series = (service: string, labels: Record<string, string> = {}) => ({
  service,
  labels,
  values: [],
});

test('series of one service are told apart by their labels', () => {
  expect(
    seriesNames([
      series('relay', { method: 'GET', status: '200' }),
      series('relay', { method: 'GET', status: '' }),
      series('relay'),
    ]),
  ).toEqual(['GET · 200', 'GET', 'relay']);
});

test('series with the same labels are told apart by their services', () => {
  expect(
    seriesNames([
      series('relay', { method: 'GET' }),
      series('beaver', { method: 'GET' }),
      series('beaver'),
    ]),
  ).toEqual(['GET · relay', 'GET · beaver', 'beaver']);
});
