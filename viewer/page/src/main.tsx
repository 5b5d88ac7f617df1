import { render } from 'preact';
import { App } from './App';
import { openSession } from './api/openSession';
import { followLive } from './state/followLive';
import { handleKeys } from './state/handleKeys';
import { message } from './state/message';
import './style/base.css';
import './style/header.css';
import './style/controls.css';
import './style/views.css';
import './style/trace.css';
import './style/logs.css';
import './style/dialog.css';
import './style/map.css';
import './style/metrics.css';

try {
  await openSession();
} catch (error) {
  message.value = (error as Error).message;
}
followLive();
handleKeys();
render(<App />, document.body);
