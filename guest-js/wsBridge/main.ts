import { connectWsBridge } from './connectWsBridge.js';
import type { WsBridgeOptions } from './types/wsBridgeOptions.js';

// Declared in front of this script by `openBridgePage`.
declare const WS_BRIDGE: WsBridgeOptions;

// A frame in the page is no webview.
if (window === window.top) void connectWsBridge(WS_BRIDGE);
