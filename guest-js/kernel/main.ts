import type { KernelConfig } from '../bindings/KernelConfig.js';
import { start } from './start.js';

// Declared by Rust in front of this script (`plugin/kernel.rs`). Not a call behind it: an export of
// the script would cost 300 bytes.
declare const KERNEL_CONFIG: KernelConfig;

start(KERNEL_CONFIG);
