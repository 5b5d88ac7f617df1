import { useEffect, useRef, useState } from 'preact/hooks';
import { request } from '../api/request';
import { arrivals } from './live';

/** What a route answered last. `data` stays while the next answer is on its way, and when that is an error. */
export interface Answer<T> {
  readonly data?: T;
  readonly error?: string;
  readonly loading: boolean;
}

/** The least time between two requests of one view in milliseconds: a list that changes more often cannot be read. */
const PAUSE = 500;

/**
 * The answer of an API route: asked for when `key` changes and, if `follow` (which can depend on the answer), when something has arrived;
 * after an error also without it, because what was missing may be what has arrived. An answer that says the same again stays the same
 * object. `path` is a function because it can contain the current time; while there is none, nothing is asked.
 */
export function useAnswer<T>(
  path: (() => string) | undefined,
  key: string,
  follow: boolean | ((data: T) => boolean),
): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { key: string }>({
    loading: true,
    key,
  });
  const poke = useRef(() => {});

  useEffect(() => {
    if (!path) return;
    const abort = new AbortController();
    let timer = 0;
    let asking = false;
    let again = false;
    let asked = 0;
    let shown: typeof answer | undefined;
    const ask = async () => {
      timer = 0;
      asking = true;
      again = false;
      asked = Date.now();
      const next = await request<T>(path(), { signal: abort.signal }).then(
        (data) => ({ data, loading: false, key }),
        (error: Error) => ({
          ...shown,
          error: error.message,
          loading: false,
          key,
        }),
      );
      asking = false;
      if (abort.signal.aborted) return;
      if (!shown || JSON.stringify(next) !== JSON.stringify(shown))
        setAnswer((shown = next));
      if (again) poke.current();
    };
    poke.current = () => {
      // A request that is on its way is not cut off: under constant arrivals none would ever end.
      if (asking) again = true;
      else if (!timer)
        timer = window.setTimeout(
          () => void ask(),
          Math.max(0, PAUSE - (Date.now() - asked)),
        );
    };
    void ask();
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key]);

  const { data, error } = answer;
  const follows =
    error !== undefined ||
    (typeof follow === 'function'
      ? data !== undefined && follow(data)
      : follow);
  const tick = follows ? arrivals.value : 0;
  useEffect(() => {
    if (tick > 0) poke.current();
  }, [tick]);

  return answer.key === key ? answer : { ...answer, loading: true };
}
