// Serves files to a page, as a dev server does.

import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

/** Serves each folder below its prefix; the longest prefix counts. */
export async function serve(port, folders) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer(({ url }, response) => {
    const path = url === '/' ? '/index.html' : url;
    const prefix = prefixes.find((one) => path.startsWith(one));
    const file = join(folders[prefix], path.slice(prefix.length));
    const found = createReadStream(file);
    found.on('error', () => response.writeHead(404).end());
    response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain');
    found.pipe(response);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}
