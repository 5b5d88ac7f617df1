import type { SessionInfo } from '../../bindings/SessionInfo.js';

/**
 * Where the bridge of the app is, and how it is used.
 *
 * @example
 * ```ts
 * const options: WsBridgeOptions = { token: location.hash.slice(1) };
 * ```
 */
export interface WsBridgeOptions {
  /**
   * The `token` of the token file, or what `DEV_WS_BRIDGE_TOKEN` says. It opens the app to whoever has it, so it must
   * not be in the code of the page, and in no variable that a bundler writes into that code (`VITE_…`).
   */
  readonly token: string;
  /** The `url` of the token file. Default: `http://127.0.0.1:3333`. */
  readonly url?: string;
  /** The label of the window that this page stands for. Default: `main`. */
  readonly window?: string;
  /** How long a call may take, in milliseconds. Default: 30000. */
  readonly timeout?: number;
  /**
   * What the bridge answers to `GET /session`, if somebody has asked already: then everything is there
   * when `connectWsBridge` returns, without a wait.
   */
  readonly session?: SessionInfo;
}
