/** The callbacks that a page has handed to Rust, by number. */
export interface Callbacks {
  add(callback?: (data: unknown) => void, once?: boolean): number;
  remove(id: number): void;
  run(id: number, data: unknown): void;
}

/** As `transformCallback` and its kin of tauri's own scripts. */
export function createCallbacks(): Callbacks {
  const callbacks = new Map<number, (data: unknown) => void>();
  return {
    add(callback, once) {
      const id = crypto.getRandomValues(new Uint32Array(1))[0] as number;
      callbacks.set(id, (data) => {
        if (once) callbacks.delete(id);
        callback?.(data);
      });
      return id;
    },
    remove: (id) => void callbacks.delete(id),
    run: (id, data) => callbacks.get(id)?.(data),
  };
}
