import type { PageBatch } from '../../bindings/PageBatch.js';

/** One message that reached Rust. */
export interface Call {
  readonly wire: 'fetch' | 'message';
  /** When it reached Rust. */
  readonly at: number;
  readonly cmd: string;
  /** Behind the command in the URL of a fetch, which Tauri ignores. */
  readonly query?: string;
  readonly headers: Headers;
  readonly payload: unknown;
  readonly invokeKey: unknown;
}

export interface FakeTauri {
  /** `window.__TAURI_INTERNALS__`. */
  readonly internals: {
    invoke: (
      cmd: string,
      args?: unknown,
      options?: Options,
    ) => Promise<unknown>;
    convertFileSrc: (path: string, protocol: string) => string;
  };
  /** `window.ipc`. */
  readonly ipc: { postMessage: (message: string) => void };
  /** The fetch of the webview, below everything that wraps it. */
  readonly fetch: typeof fetch;
  /** What each command answers; one that is not here is unknown. `plugin:` commands answer `null`. */
  readonly commands: Record<string, (call: Call) => unknown>;
  /** Everything that reached Rust, in order. */
  readonly calls: Call[];
  /** What was fetched that is no invoke. */
  readonly fetched: Parameters<typeof fetch>[];
  /** The batches that Rust took, in order. */
  readonly batches: PageBatch[];
  /** Makes the content security policy block `ipc:`. */
  blockIpc(): void;
}

interface Options {
  headers?: HeadersInit;
}

export const BATCH_COMMAND = 'plugin:opentelemetry|log_trace_span';
export const INVOKE_KEY = 'the-invoke-key';

/** What lies below the kernel: tauri's `core.js` and `ipc-protocol.js`, retold, and a Rust that answers. */
export function createFakeTauri(usesFetch: boolean): FakeTauri {
  const calls: Call[] = [];
  const batches: PageBatch[] = [];
  const fetched: Parameters<typeof fetch>[] = [];
  let blocked = false;
  let customProtocolFailed = !usesFetch;

  const commands: FakeTauri['commands'] = {
    greet: () => 'hello',
    fail: () => {
      throw 'no';
    },
    [BATCH_COMMAND]: ({ payload }) => {
      const batch = payload as PageBatch;
      batches.push(batch);
      return { accepted: batch.spans.length, dropped: 0 };
    },
  };

  async function answer(call: Call): Promise<unknown> {
    calls.push(call);
    const command = commands[call.cmd];
    if (command) return command(call);
    if (call.cmd.startsWith('plugin:')) return null;
    throw `Command ${call.cmd} not found`;
  }

  const fakeFetch: typeof fetch = async (...args) => {
    const [url, init] = args;
    const headers = new Headers(init?.headers);
    if (!headers.has('Tauri-Invoke-Key')) {
      fetched.push(args);
      return new Response('page');
    }
    if (blocked) throw new TypeError('Load failed');
    const body = init?.body;
    const { pathname, search } = new URL(String(url));
    const call: Call = {
      wire: 'fetch',
      at: Date.now(),
      cmd: decodeURIComponent(pathname.slice(1)),
      query: search,
      headers,
      payload: JSON.parse(
        typeof body === 'string'
          ? body
          : new TextDecoder().decode(body as Uint8Array),
      ),
      invokeKey: headers.get('Tauri-Invoke-Key'),
    };
    return answer(call).then(
      (value) => respond('ok', value),
      (error: unknown) => respond('error', error),
    );
  };

  function respond(outcome: string, value: unknown): Response {
    return Response.json(value ?? null, {
      headers: { 'Tauri-Response': outcome },
    });
  }

  function byMessage(
    cmd: string,
    args: unknown,
    options?: Options,
  ): Promise<unknown> {
    const { payload, headers } = JSON.parse(
      JSON.stringify(
        { payload: args, headers: options?.headers ?? {} },
        (_, v) => (v instanceof Uint8Array ? Array.from(v) : (v as unknown)),
      ),
    ) as { payload: unknown; headers: Record<string, string> };
    return answer({
      wire: 'message',
      at: Date.now(),
      cmd,
      headers: new Headers(headers),
      payload,
      invokeKey: INVOKE_KEY,
    });
  }

  const ipc: FakeTauri['ipc'] = {
    postMessage(message) {
      // As the object of Java does that Android has here.
      if (this !== ipc) throw new TypeError('Illegal invocation');
      const {
        cmd,
        payload,
        __TAURI_INVOKE_KEY__: invokeKey,
      } = JSON.parse(message) as {
        cmd: string;
        payload: unknown;
        __TAURI_INVOKE_KEY__: unknown;
      };
      void answer({
        wire: 'message',
        at: Date.now(),
        cmd,
        headers: new Headers(),
        payload,
        invokeKey,
      });
    },
  };

  return {
    internals: {
      invoke: async (cmd, args = {}, options) => {
        if (customProtocolFailed) return byMessage(cmd, args, options);
        const headers = new Headers(options?.headers ?? {});
        headers.set('Tauri-Invoke-Key', INVOKE_KEY);
        let response: Response;
        try {
          response = await window.fetch(
            `ipc://localhost/${encodeURIComponent(cmd)}`,
            {
              method: 'POST',
              headers,
              body:
                args instanceof Uint8Array
                  ? (args as Uint8Array<ArrayBuffer>)
                  : JSON.stringify(args),
            },
          );
        } catch {
          customProtocolFailed = true;
          return byMessage(cmd, args, options);
        }
        const value: unknown = await response.json();
        if (response.headers.get('Tauri-Response') === 'ok') return value;
        throw value;
      },
      convertFileSrc: (path, protocol) =>
        `${protocol}://localhost/${encodeURIComponent(path)}`,
    },
    ipc,
    fetch: fakeFetch,
    commands,
    calls,
    fetched,
    batches,
    blockIpc: () => {
      blocked = true;
    },
  };
}
