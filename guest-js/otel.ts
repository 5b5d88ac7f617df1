export { contextManager } from './otel/contextManager.js';
export { loggerProvider } from './otel/loggerProvider.js';
export { logRecordExporter } from './otel/logRecordExporter.js';
export { meterProvider } from './otel/meterProvider.js';
export { spanExporter } from './otel/spanExporter.js';
export { tracerProvider } from './otel/tracerProvider.js';
