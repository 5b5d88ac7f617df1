// As `plugin.js`, with every instrumentation on.

import {
  captureConsole,
  captureErrors,
  captureLongTasks,
  captureNavigation,
  captureResources,
  captureVisibility,
  captureVitals,
  traceDocumentLoad,
  traceFetch,
  traceInteractions,
  traceXhr,
} from 'tauri-plugin-opentelemetry-api/instrumentations';

traceDocumentLoad();
traceInteractions();
traceFetch();
traceXhr();
captureErrors();
captureConsole({ level: 'debug' });
captureNavigation();
captureResources();
captureLongTasks();
captureVisibility();
captureVitals();

export * from './plugin.js';
