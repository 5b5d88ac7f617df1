import './style.css';
import { exportMessages } from './exportMessages';
import { listMessages } from './listMessages';
import { onClick } from './onClick';
import { requestReplies } from './requestReplies';
import { sendMessage } from './sendMessage';
import { showTitle } from './showTitle';

const compose = document.querySelector<HTMLInputElement>('#compose')!;

document
  .querySelector('#form')!
  .addEventListener('submit', (event) => event.preventDefault());

onClick('send', async (span) => {
  await sendMessage(span, 'everybody', compose.value);
  compose.value = '';
  await listMessages(span);
});

onClick('refresh', listMessages);

onClick('send-fail', (span) =>
  sendMessage(span, 'nobody', compose.value || '…'),
);

onClick('replies', requestReplies);
onClick('export', exportMessages);
onClick('title', showTitle);
