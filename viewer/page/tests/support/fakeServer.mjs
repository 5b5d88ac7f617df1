import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';
import { URL } from 'node:url';
import { answers } from './answers.mjs';
import { send } from './scenarios.mjs';
import { hostileTrace, world } from './world.mjs';

const DIST = new URL('../../dist/', import.meta.url);
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/**
 * A viewer that serves the built page and answers its API from a generated run. `token` is what the page has to show first; without one
 * every request is let in. Without `live` there are no server-sent events, as behind a custom scheme. `port` 0 is any free port.
 */
export async function fakeServer({
  port = 0,
  token,
  hostile = false,
  live = true,
} = {}) {
  const { traces, next, id } = world();
  if (hostile) {
    const trace = hostileTrace();
    traces.set(trace.traceId, trace);
  }
  const listeners = new Set();
  let session = 1;
  const requests = [];
  const state = {
    traces,
    pinned: new Set(['r2']),
    opened: [],
    /** What the API answers instead of anything else. */
    failure: undefined,
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    requests.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
    });
    if (!url.pathname.startsWith('/api/')) {
      const name = url.pathname === '/' ? 'index.html' : url.pathname.slice(1);
      try {
        const body = readFileSync(new URL(name, DIST));
        response.writeHead(200, {
          'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
        });
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
      return;
    }
    if (url.pathname === '/api/session') {
      const right = request.headers.authorization === `Bearer ${token}`;
      response.writeHead(
        right ? 204 : 401,
        right
          ? {
              'set-cookie': `session=${session}; HttpOnly; SameSite=Strict; Path=/`,
            }
          : {},
      );
      response.end();
      return;
    }
    if (token && !request.headers.cookie?.includes(`session=${session}`)) {
      json(response, 401, { error: 'no token' });
      return;
    }
    if (url.pathname === '/api/live' && live) {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
      });
      // A browser connects again after some seconds, unless it is told when.
      response.write('retry: 100\n\n');
      listeners.add(response);
      request.on('close', () => listeners.delete(response));
      return;
    }
    if (state.failure) {
      json(response, 503, { error: state.failure });
      return;
    }
    // A test that is over closes its pages, also while one of them is sending.
    const sent = await text(request).catch(() => undefined);
    if (sent === undefined) return;
    const [status, body, type] = answers(state, request.method, url, sent);
    if (type) {
      response.writeHead(status, {
        'content-type': type,
        'content-disposition': 'attachment',
      });
      response.end(body);
    } else json(response, status, body);
  });

  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    /** What has been asked, in order. */
    requests,
    state,
    /** How many pages listen. */
    get listening() {
      return listeners.size;
    },
    /** A trace arrives now; gives its id. */
    arrive(options) {
      const trace = send(id(), Date.now(), next, options);
      traces.set(trace.traceId, trace);
      for (const listener of listeners)
        listener.write(
          `event: stored\ndata: ${JSON.stringify({ counts: { traces: traces.size, spans: 0, errors: 0, logs: 0, metricPoints: 0 }, traces: [], logs: trace.logs.length, metricPoints: 0 })}\n\n`,
        );
      return trace.traceId;
    },
    /** Ends and starts again: pages have to listen anew, and their cookies are no longer valid. */
    restart() {
      session += 1;
      for (const listener of listeners) listener.end();
    },
    async close() {
      for (const listener of listeners) listener.end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function json(response, status, body) {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
