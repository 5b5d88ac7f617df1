import { render } from 'preact';
import { App } from './App';
import { openSession } from './api/openSession';
import { followLive } from './state/followLive';
import { handleKeys } from './state/handleKeys';
import { message } from './state/message';
import './style/style.css';

try {
  await openSession();
} catch (error) {
  message.value = (error as Error).message;
}
followLive();
handleKeys();
render(<App />, document.body);
