import { connectWsBridge } from './connectWsBridge.js';
import type { WsBridgeOptions } from './types/wsBridgeOptions.js';

// Declared in front of this script by `openBridgePage`.
declare const WS_BRIDGE: WsBridgeOptions;

void connectWsBridge(WS_BRIDGE);
