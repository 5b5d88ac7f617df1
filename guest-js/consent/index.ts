export {
  showConsent,
  type ConsentOptions,
  type ConsentState,
} from './showConsent.js';
export { defaultTexts, type ConsentTexts } from './texts.js';
