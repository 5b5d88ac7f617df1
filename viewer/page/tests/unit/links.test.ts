import { expect, test } from 'vitest';
import { freezeWindow } from '../../src/lib/freezeWindow';
import { linkTo } from '../../src/lib/linkTo';
import { parseFilter } from '../../src/lib/parseFilter';
import { parseLink } from '../../src/lib/parseLink';
import { queryOf } from '../../src/lib/queryOf';
import { withParams } from '../../src/lib/withParams';
import { writeFilter } from '../../src/lib/writeFilter';
import { writeLink } from '../../src/lib/writeLink';

test.each([
  '#/traces',
  '#/trace/4bf92f3577b34da6a3ce929d0e0e4736?span=00f067aa0ba902b7&mode=tree',
  '#/traces?service=relay&attribute=a%3D1&attribute=b%3D2&start=1&end=2',
  '#/metrics/rpc.server.call.duration?groupBy=rpc.method',
  '#/metrics/a%2Fb%20%25?last=5m',
])('%s is written as it was read', (fragment) => {
  expect(writeLink(parseLink(fragment))).toBe(fragment);
});

test.each([
  ['', 'traces'],
  ['#', 'traces'],
  ['#token=secret', 'traces'],
  ['#/nowhere/1', 'traces'],
  ['#/logs', 'logs'],
])('%j shows %s', (fragment, view) => {
  expect(parseLink(fragment).view).toBe(view);
});

test('a token never stays in a link', () => {
  for (const fragment of ['#token=secret', '#/trace/1?token=secret&span=2'])
    expect(writeLink(parseLink(fragment))).not.toContain('secret');
  expect(parseLink('#/trace/1?token=secret&span=2').params.get('span')).toBe(
    '2',
  );
});

test('an id with a lone per cent sign is itself', () => {
  expect(parseLink('#/metrics/100%').id).toBe('100%');
});

test('a copied link keeps the time that it showed', () => {
  const frozen = freezeWindow(linkTo('logs', { last: '5m' }), 1_000_000);
  expect(writeLink(frozen)).toBe('#/logs?start=700000&end=1000000');
  const fixed = linkTo('logs', { start: 5 });
  expect(freezeWindow(fixed, 1_000_000)).toBe(fixed);
});

test('a route is asked with the parameters that it knows, and a relative window becomes its start', () => {
  const link = linkTo('traces', {
    run: 'r1',
    service: 'a b',
    mode: 'tree',
    last: '1m',
  });
  expect(
    queryOf(link, ['service', 'start', 'end'], 100_000, { limit: 5 }),
  ).toBe('?run=r1&service=a+b&start=40000&limit=5');
  expect(queryOf(linkTo('map'), ['start'], 0)).toBe('');
});

test('parameters are set, removed and repeated', () => {
  const link = withParams(linkTo('traces', { service: 'a', error: 'true' }), {
    error: undefined,
    attribute: ['x=1', 'y=2'],
  });
  expect(link.params.toString()).toBe(
    'service=a&attribute=x%3D1&attribute=y%3D2',
  );
});

test('the filter reads services, commands, windows, durations, errors, attributes and words', () => {
  expect(
    parseFilter(
      'send service:relay command:"a b" window:main >10ms <2s error http.route=/m me',
    ),
  ).toEqual({
    service: 'relay',
    command: 'a b',
    window: 'main',
    minDuration: '10ms',
    maxDuration: '2s',
    error: 'true',
    attribute: ['http.route=/m'],
    search: 'send me',
  });
});

test('what the filter says is read as the same filter', () => {
  const text = 'service:relay command:"a b" >10ms error k="v w" send';
  const link = withParams(linkTo('traces'), parseFilter(text));
  expect(writeFilter(link.params)).toBe(text);
  const again = withParams(
    linkTo('traces'),
    parseFilter(writeFilter(link.params)),
  );
  expect(again.params.toString()).toBe(link.params.toString());
});

test('a half-typed filter is looked for as words, and no error', () => {
  expect(parseFilter('service: > "').search).toBe('service: > ');
});

test('a duration without a unit is milliseconds', () => {
  expect(parseFilter('>5').minDuration).toBe('5ms');
});
