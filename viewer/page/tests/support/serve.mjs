// The page against generated data, for whoever works on it: `npm run build && npm run dev -w tracepane-page`.

import { setInterval } from 'node:timers';
import { fakeServer } from './fakeServer.mjs';

const server = await fakeServer({
  port: Number(process.env.PORT ?? 4180),
  hostile: true,
});
console.log(server.url);
setInterval(() => server.arrive({ fails: Math.random() < 0.1 }), 1500);
