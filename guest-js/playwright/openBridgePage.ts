import { readFile } from 'node:fs/promises';
import { fetchSession } from '../wsBridge/lib/fetchSession.js';
import type { WsBridgeOptions } from '../wsBridge/types/wsBridgeOptions.js';

/** Which bridge a page is opened for. */
export interface BridgePageOptions extends Pick<
  WsBridgeOptions,
  'window' | 'timeout'
> {
  /** The token file, whose path the app prints when its bridge opens. */
  readonly file: string;
}

/** The part of Playwright's `Page` that is used here. */
export interface BridgePage {
  addInitScript(script: { content: string }): Promise<unknown>;
  goto(url: string): Promise<unknown>;
}

/** What makes pages: a `Browser` or a `BrowserContext` of Playwright. */
export interface PageMaker<P extends BridgePage> {
  newPage(): Promise<P>;
}

/**
 * Opens a page that stands for a window of the app, before any script of its own runs. The token is in
 * no URL, and out of reach for the page's scripts.
 *
 * @example
 * ```ts
 * import { chromium } from 'playwright-core';
 * import { openBridgePage } from 'tauri-plugin-opentelemetry-api/playwright';
 *
 * const browser = await chromium.launch();
 * const page = await openBridgePage(browser, 'http://localhost:5173', { file });
 * await page.click('#send');
 * ```
 */
export async function openBridgePage<P extends BridgePage>(
  maker: PageMaker<P>,
  pageUrl: string,
  options: BridgePageOptions,
): Promise<P> {
  const { file, ...rest } = options;
  const { url, token } = JSON.parse(await readFile(file, 'utf8')) as {
    url: string;
    token: string;
  };
  const session = await fetchSession(url, token, options.window);
  // Built beside this file, from `guest-js/wsBridge/main.ts`.
  const script = await readFile(
    new URL('./ws-bridge.iife.js', import.meta.url),
    'utf8',
  );
  const bridge: WsBridgeOptions = { ...rest, url, token, session };
  const { origin } = new URL(pageUrl);
  const page = await maker.newPage();
  // It runs in every frame, and wherever the page goes later; only the page of the app is a webview.
  await page.addInitScript({
    content: `(() => {
if (window !== window.top || location.origin !== ${JSON.stringify(origin)}) return;
const WS_BRIDGE=${JSON.stringify(bridge)};
${script}})()`,
  });
  await page.goto(pageUrl);
  return page;
}
