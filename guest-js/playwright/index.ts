export { openBridgePage } from './openBridgePage.js';
export type {
  BridgePage,
  BridgePageOptions,
  PageMaker,
} from './openBridgePage.js';
