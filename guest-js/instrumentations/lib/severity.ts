// The severity numbers of OpenTelemetry's log data model.
export const DEBUG = 5;
export const INFO = 9;
export const WARN = 13;
export const ERROR = 17;
