import { random } from './random.mjs';
import { archive, call, hostile, send } from './scenarios.mjs';

/** The moment at which the generated run ends, in milliseconds since the epoch. */
export const NOW = Date.UTC(2026, 10, 25, 13, 2, 51, 204);

export const IDS = {
  send: '4bf92f3577b34da6a3ce929d0e0e4736',
  failed: '9a1c0de4c1f24d5c8b7f0e3d2c1b0a99',
  hostile: 'bad0bad0bad0bad0bad0bad0bad0bad0',
  archive: '50000a5c41e50000a5c41e50000a5c41',
};

const STEPS = {
  list_messages: ['SELECT messages'],
  list_rooms: ['SELECT rooms', 'SELECT unread'],
  search_messages: ['parse query', 'SELECT messages_fts', 'rank'],
  mark_read: ['UPDATE rooms'],
  save_settings: ['validate', 'write settings.json'],
  load_avatar: ['GET /avatars', 'decode image', 'INSERT cache'],
  set_presence: ['POST /presence'],
};
const WINDOWS = {
  save_settings: 'settings',
  set_presence: 'settings',
};

/** A run of forty minutes of a messenger, the same each time. */
export function world() {
  const next = random(18);
  const traces = new Map();
  const add = (trace) => traces.set(trace.traceId, trace);
  const id = () =>
    Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16)).join(
      '',
    );

  const begin = NOW - 40 * 60_000;
  let time = begin;
  while (time < NOW - 20_000) {
    // People write in bursts.
    time += next() < 0.2 ? 10_000 + next() * 60_000 : 200 + next() * 2500;
    // For four minutes the database was locked more often than not.
    const bad = time > NOW - 17 * 60_000 && time < NOW - 13 * 60_000;
    const kind = next();
    if (kind < 0.22) {
      add(send(id(), time, next, { fails: next() < 0.06 }));
      continue;
    }
    const commands = Object.keys(STEPS);
    const command = commands[Math.floor(next() ** 1.6 * commands.length)];
    const slow =
      next() < 0.04
        ? 12
        : command === 'search_messages'
          ? 5
          : command === 'load_avatar'
            ? 3
            : 1;
    add(
      call(
        id(),
        time,
        next,
        command,
        WINDOWS[command] ?? 'main',
        STEPS[command],
        {
          slow: slow * (bad ? 2.4 : 1),
          fails: next() < (bad ? 0.35 : 0.01),
        },
      ),
    );
  }
  add(archive(IDS.archive, NOW - 300_000, random(5)));
  add(send(IDS.failed, NOW - 9_300, random(3), { fails: true }));
  add(call(id(), NOW - 6_100, next, 'list_rooms', 'main', STEPS.list_rooms));
  add(send(IDS.send, NOW, random(7), { gap: true }));
  return { traces, next, id };
}

/** The trace full of texts that want to be HTML. */
export function hostileTrace() {
  return hostile(IDS.hostile, NOW - 1000, random(11));
}
