import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { vi } from 'vitest';

/** The browser that comes with WebKitGTK, on Debian and Ubuntu. */
const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

/** A window of WebKitGTK on a display of its own, by WebDriver. */
export interface WebKit {
  goto(url: string): Promise<void>;
  /** Runs the body of a function in the page; it ends with `return`. */
  run<T>(body: string): Promise<T>;
  /** A picture of the page as PNG. */
  picture(): Promise<Buffer>;
  press(key: string): Promise<void>;
  close(): Promise<void>;
}

export async function webkit(): Promise<WebKit> {
  const children: ChildProcess[] = [];
  const display = await new Promise<string>((resolve, reject) => {
    const server = spawn(
      'Xvfb',
      ['-displayfd', '1', '-screen', '0', '1440x960x24', '-nolisten', 'tcp'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    children.push(server);
    server.on('error', reject);
    server.stdout.once('data', (line) => resolve(`:${String(line).trim()}`));
  });
  const port = await freePort();
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
    // The locale of containers, whose language WebKitGTK reports as `C`.
    env: {
      ...process.env,
      DISPLAY: display,
      GDK_BACKEND: 'x11',
      LC_ALL: 'C.UTF-8',
    },
    stdio: 'ignore',
  });
  children.push(driver);

  const ask = async <T>(method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: T };
    if (!response.ok) throw new Error(JSON.stringify(value));
    return value;
  };
  await vi.waitFor(() => ask('GET', '/status'), { timeout: 20_000 });
  const { sessionId } = await ask<{ sessionId: string }>('POST', '/session', {
    capabilities: {
      alwaysMatch: {
        'webkitgtk:browserOptions': {
          binary: MINI_BROWSER,
          args: ['--automation'],
        },
      },
    },
  });
  const session = `/session/${sessionId}`;
  await ask('POST', `${session}/window/rect`, {
    x: 0,
    y: 0,
    width: 1400,
    height: 940,
  });
  return {
    goto: (url) => ask('POST', `${session}/url`, { url }),
    run: (script) =>
      ask('POST', `${session}/execute/sync`, { script, args: [] }),
    picture: async () =>
      Buffer.from(await ask<string>('GET', `${session}/screenshot`), 'base64'),
    async press(text) {
      // Not as an action: without a window manager the window has no focus, and the key would go nowhere.
      const body = await ask<Record<string, string>>(
        'POST',
        `${session}/element`,
        { using: 'css selector', value: 'body' },
      );
      const [id] = Object.values(body);
      await ask('POST', `${session}/element/${id}/value`, { text });
    },
    async close() {
      await ask('DELETE', session).catch(() => undefined);
      for (const child of children.reverse()) child.kill();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
