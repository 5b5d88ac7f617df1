import type { Invoke } from '../bindings/Invoke';
import type { Parts } from '../types/Parts';

/** The parts of an invoke that are known, in their order: page → IPC → queue → body → return. */
export function splitInvoke(
  invoke: Invoke,
  callerLane: number,
  calledLane: number,
): Parts {
  const parts = [
    { name: 'page', duration: invoke.page, colour: 'caller' },
    { name: 'IPC', duration: invoke.ipc, colour: 'grey' },
    { name: 'queue', duration: invoke.queue, colour: 'grey' },
    { name: 'body', duration: invoke.body, colour: 'called' },
    { name: 'return', duration: invoke.return, colour: 'grey' },
  ] as const;
  let from = invoke.offset;
  return parts.flatMap(({ name, duration, colour }) => {
    if (duration === undefined) return [];
    const lane = colour === 'caller' ? callerLane : calledLane;
    const part = { name, duration, colour, from, lane };
    from += duration;
    return [part];
  });
}
