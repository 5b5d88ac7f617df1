declare module '*/random.mjs' {
  export function random(seed: number): () => number;
}
declare module '*/world.mjs' {
  export const NOW: number;
  export const IDS: Record<'send' | 'failed' | 'hostile' | 'archive', string>;
  export function world(): { traces: Map<string, unknown> };
}
declare module '*/fakeServer.mjs' {
  interface Asked {
    method: string;
    url: string;
    headers: Record<string, string | undefined>;
  }
  export interface FakeServer {
    url: string;
    requests: Asked[];
    state: {
      traces: Map<string, object>;
      opened: { name: string; body: string }[];
      pinned: Set<string>;
      failure: string | undefined;
    };
    readonly listening: number;
    arrive(options?: { fails?: boolean; gap?: boolean }): string;
    restart(): void;
    close(): Promise<void>;
  }
  export function fakeServer(options?: {
    port?: number;
    token?: string;
    hostile?: boolean;
    live?: boolean;
  }): Promise<FakeServer>;
}
declare module '*/scenarios.mjs' {
  export const HOSTILE: readonly string[];
}
