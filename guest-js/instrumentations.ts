export { captureConsole } from './instrumentations/captureConsole.js';
export { captureErrors } from './instrumentations/captureErrors.js';
export { captureNavigation } from './instrumentations/captureNavigation.js';
export { traceDocumentLoad } from './instrumentations/traceDocumentLoad.js';
export { traceInteractions } from './instrumentations/traceInteractions.js';
export type { CaptureConsoleOptions } from './instrumentations/captureConsole.js';
export type { Stop } from './instrumentations/types/stop.js';
