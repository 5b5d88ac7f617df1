export {
  showConsent,
  type ConsentOptions,
  type ConsentPurpose,
  type ConsentState,
} from './showConsent.js';
export { defaultTexts, type ConsentTexts } from './texts.js';
