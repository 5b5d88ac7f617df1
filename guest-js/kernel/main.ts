import type { RuntimeConfig } from '../bindings/RuntimeConfig.js';
import { start } from './start.js';

// Declared by Rust in front of this script (`plugin/runtime.rs`). Not a call behind it: an export of
// the script would cost 300 bytes.
declare const RUNTIME_CONFIG: RuntimeConfig;

start(RUNTIME_CONFIG);
