import type { Telemetry } from '../../types/telemetry.js';

/** What the runtime puts at `window.__TAURI_OPENTELEMETRY__`. */
export interface RuntimeTelemetry extends Telemetry {
  /**
   * For Rust, before it lets a window close: ends what is open and sends everything. The last batch
   * that it sends has fewer than `MAX_BATCH` spans, and is sent even if it is empty, so Rust knows
   * which one to wait for.
   */
  readonly close: () => Promise<void>;
}
