// Version 2 of the SDK, which takes an older version of the API than version 3: both are installed below this folder.
export * as api from '@opentelemetry/api';
export * as apiLogs from '@opentelemetry/api-logs';
export * as sdkLogs from '@opentelemetry/sdk-logs';
export * as sdkTrace from '@opentelemetry/sdk-trace-base';
