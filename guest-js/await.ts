export { capture } from './await/capture.js';
export { frame } from './await/frame.js';
export { leave } from './await/leave.js';
export { restore } from './await/restore.js';
