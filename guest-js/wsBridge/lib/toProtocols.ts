/**
 * Two subprotocols, as the list that `new WebSocket` takes.
 *
 * It is no array: the browser would read an array through `Array.prototype[Symbol.iterator]`, and a script that has
 * replaced that function would be handed the token at the next reconnection.
 */
export function toProtocols(first: string, second: string): string[] {
  const list: Iterable<string> = {
    [Symbol.iterator]() {
      let read = 0;
      return {
        next() {
          read += 1;
          return {
            done: read > 2,
            value: read === 1 ? first : second,
          } as IteratorResult<string>;
        },
      };
    },
  };
  // The type of the parameter knows of arrays only; the standard takes everything that can be iterated.
  return list as string[];
}
