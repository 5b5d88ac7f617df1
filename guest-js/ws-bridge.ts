export { connectWsBridge } from './wsBridge/connectWsBridge.js';
export type { SessionInfo } from './bindings/SessionInfo.js';
export type { WsBridgeOptions } from './wsBridge/types/wsBridgeOptions.js';
