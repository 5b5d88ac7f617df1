import type { ServiceMap as Answer } from '../bindings/ServiceMap';
import { formatCount } from '../lib/formatCount';
import { formatDuration } from '../lib/formatDuration';
import { laneColour } from '../lib/laneColour';
import { laneHues } from '../lib/laneHues';
import { layoutMap, type Place } from '../lib/layoutMap';
import { layoutWays } from '../lib/layoutWays';
import { linkTo } from '../lib/linkTo';
import { plural } from '../lib/plural';
import { queryOf } from '../lib/queryOf';
import { visibleText } from '../lib/visibleText';
import { windowParams } from '../lib/windowParams';
import { None } from '../parts/None';
import { Problem } from '../parts/Problem';
import { ViewLink } from '../parts/ViewLink';
import { link } from '../state/link';
import { useAnswer } from '../state/useAnswer';

/** The size of a node, and the room between two, in CSS pixels. */
const [WIDE, TALL] = [178, 62];
const [ACROSS, DOWN] = [180, 46];

/** The width of a letter of a label, about. */
const LETTER = 5.6;

/** Letters that a node has room for. */
const LETTERS = 21;

/** Who calls whom, how often, how fast. */
export function ServiceMap() {
  const { params } = link.value;
  const { data, error } = useAnswer<Answer>(
    () => `/api/map${queryOf(link.value, ['start', 'end'], Date.now())}`,
    `map ${params}`,
    !params.get('end'),
  );
  if (!data) return <Problem text={error} />;
  if (data.nodes.length === 0) return <None noun="trace" />;
  const hues = laneHues(data.nodes.map(({ kind }) => kind));
  const places = layoutMap(data.nodes, data.edges);
  const tallest = places.reduce((max, { of }) => Math.max(max, of), 1);
  const columns = places.reduce(
    (max, { column }) => Math.max(max, column + 1),
    1,
  );
  const width = columns * (WIDE + ACROSS) - ACROSS + 40;
  const height = tallest * (TALL + DOWN) - DOWN + 60;
  const at = ({ column, index, of }: Place): [number, number] => [
    20 + column * (WIDE + ACROSS),
    30 + (index + (tallest - of) / 2) * (TALL + DOWN),
  ];
  const place = new Map(places.map((place) => [place.node.id, at(place)]));
  const busiest = data.edges.reduce(
    (max, { calls }) => Math.max(max, calls),
    1,
  );
  const ways = layoutWays(data.edges, place, [WIDE, TALL]);
  return (
    <>
      <Problem text={error} />
      <p class="bar muted">
        The calls of the newest {plural(data.traces, 'trace')}
      </p>
      <div class="scroll map">
        <svg
          viewBox={`0 0 ${width} ${height}`}
          style={{ maxWidth: `${width * 1.15}px` }}
          role="group"
          aria-label={described(data)}
        >
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0,0.5 L7.5,4 L0,7.5 Z" />
            </marker>
          </defs>
          {ways.map(({ edge, path }, index) => (
            <path
              key={index}
              class={edge.errors > 0 ? 'edge failed' : 'edge'}
              d={path}
              style={{
                strokeWidth: `${1 + (Math.log1p(edge.calls) / Math.log1p(busiest)) * 2.5}px`,
              }}
              marker-end="url(#arrow)"
            />
          ))}
          {ways.map(({ edge, middle: [x, y] }, index) => {
            const times = `${formatDuration(edge.p50)} · ${formatDuration(edge.p95)}`;
            const wide = times.length * LETTER + 8;
            return (
              <g
                key={index}
                class="edge-label"
                transform={`translate(${x} ${y})`}
              >
                <rect x={-wide / 2} y="-16" width={wide} height="32" rx="6" />
                <text y="-3" class={edge.errors > 0 ? 'failed' : ''}>
                  {formatCount(edge.calls)} ×
                </text>
                <text y="12" class="kind">
                  {times}
                </text>
              </g>
            );
          })}
          {places.map((one) => {
            const [x, y] = at(one);
            const { node } = one;
            const [kind = '', ...name] = visibleText(node.label).split(' · ');
            return (
              <ViewLink
                key={node.id}
                class="node"
                style={{ transform: `translate(${x}px, ${y}px)` }}
                to={linkTo('traces', {
                  ...windowParams(params),
                  service: node.service,
                })}
              >
                <rect width={WIDE} height={TALL} rx="9" />
                <rect
                  width="5"
                  height={TALL - 18}
                  x="9"
                  y="9"
                  rx="2.5"
                  style={{
                    fill: laneColour(hues[data.nodes.indexOf(node)]),
                    stroke: 'none',
                  }}
                />
                <text x="24" y="25">
                  <tspan class="kind">{name.length ? kind : ''}</tspan>{' '}
                  <tspan class="title">
                    {short(
                      name.join(' · ') || kind,
                      name.length ? LETTERS - kind.length : LETTERS,
                    )}
                  </tspan>
                </text>
                <text x="24" y="45" class="kind">
                  {plural(node.spans, 'span')}
                  {node.errors > 0 && (
                    <tspan class="failed">
                      {' '}
                      · {plural(node.errors, 'error')}
                    </tspan>
                  )}
                </text>
              </ViewLink>
            );
          })}
        </svg>
      </div>
    </>
  );
}

function short(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

function described({ nodes, edges }: Answer): string {
  const label = new Map(nodes.map(({ id, label }) => [id, label]));
  return edges
    .map(
      ({ from, to, calls, errors }) =>
        `${label.get(from)} calls ${label.get(to)} ${calls} times, ${errors} failed`,
    )
    .join('; ');
}
