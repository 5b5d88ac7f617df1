export { listen } from './events/listen.js';
export { once } from './events/once.js';
export { traceChannel } from './events/traceChannel.js';
