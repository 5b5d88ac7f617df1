import { onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import type { Instrumentation } from '../bindings/Instrumentation.js';
import { captureConsole } from './captureConsole.js';
import { captureErrors } from './captureErrors.js';
import { captureLongTasks } from './captureLongTasks.js';
import { captureNavigation } from './captureNavigation.js';
import { captureResources } from './captureResources.js';
import { captureVisibility } from './captureVisibility.js';
import { captureVitals } from './captureVitals.js';
import { traceDocumentLoad } from './traceDocumentLoad.js';
import { traceFetch } from './traceFetch.js';
import { traceInteractions } from './traceInteractions.js';
import { traceXhr } from './traceXhr.js';

// Declared by Rust in front of this script (`plugin/kernel.rs`): what the app's configuration names.
declare const INSTRUMENTATIONS: readonly Instrumentation[];
declare const PROPAGATE_TO: readonly string[] | null;

const START: Record<Instrumentation, () => void> = {
  errors: captureErrors,
  console: captureConsole,
  interactions: traceInteractions,
  documentLoad: traceDocumentLoad,
  navigation: captureNavigation,
  fetch: () => traceFetch({ propagateTo: PROPAGATE_TO }),
  xhr: () => traceXhr({ propagateTo: PROPAGATE_TO }),
  resources: captureResources,
  longTasks: captureLongTasks,
  vitals: () => captureVitals(onCLS, onFCP, onINP, onLCP, onTTFB),
  visibility: captureVisibility,
};

for (const name of new Set(INSTRUMENTATIONS)) START[name]();
