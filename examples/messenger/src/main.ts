import './style.css';
import { showConsent } from 'tauri-plugin-opentelemetry-api/consent';
import { exchangeKeys } from './exchangeKeys';
import { exportMessages } from './exportMessages';
import { listMessages } from './listMessages';
import { onboard } from './onboard';
import { onClick } from './onClick';
import { requestReplies } from './requestReplies';
import { sendMessage } from './sendMessage';
import { showTitle } from './showTitle';

const input = (id: string) =>
  document.querySelector<HTMLInputElement>(`#${id}`)!;
const compose = input('compose');
const recipient = () => input('peer').value || 'everybody';

for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', (event) => event.preventDefault());
}

// Shows nothing unless the app asks for consent.
void showConsent(document.querySelector('#privacy')!);

onClick('onboard', (span) => onboard(span, input('name').value));
onClick('exchange', (span) => exchangeKeys(span, input('peer').value));

onClick('send', async (span) => {
  await sendMessage(span, recipient(), compose.value);
  compose.value = '';
  await listMessages(span);
});

onClick('refresh', listMessages);

onClick('send-fail', (span) =>
  sendMessage(span, 'nobody', compose.value || '…'),
);

onClick('send-file', (span) =>
  span.invoke('send_file', { to: recipient(), text: compose.value }),
);
onClick('sync', (span) => span.invoke('sync_now'));
onClick('search', (span) =>
  span.invoke('search_messages', { text: compose.value }),
);
onClick('replies', requestReplies);
onClick('export', exportMessages);
onClick('title', showTitle);
