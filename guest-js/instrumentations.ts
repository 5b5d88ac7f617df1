export { captureConsole } from './instrumentations/captureConsole.js';
export { captureErrors } from './instrumentations/captureErrors.js';
export { captureLongTasks } from './instrumentations/captureLongTasks.js';
export { captureNavigation } from './instrumentations/captureNavigation.js';
export { captureResources } from './instrumentations/captureResources.js';
export { captureVisibility } from './instrumentations/captureVisibility.js';
export { captureVitals } from './instrumentations/captureVitals.js';
export { traceDocumentLoad } from './instrumentations/traceDocumentLoad.js';
export { traceFetch } from './instrumentations/traceFetch.js';
export { traceInteractions } from './instrumentations/traceInteractions.js';
export { traceXhr } from './instrumentations/traceXhr.js';
export type { CaptureConsoleOptions } from './instrumentations/captureConsole.js';
export type {
  ObserveVital,
  WebVital,
} from './instrumentations/captureVitals.js';
export type { TraceRequestOptions } from './instrumentations/lib/startRequest.js';
export type { Stop } from './instrumentations/types/stop.js';
