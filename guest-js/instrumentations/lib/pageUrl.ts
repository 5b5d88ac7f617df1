/**
 * A URL as it is recorded: without user, password and query, which may hold secrets. A fragment is kept only if
 * it is the path of a router.
 */
export function pageUrl(url: string): string {
  try {
    const { protocol, host, pathname, hash } = new URL(url, document.baseURI);
    const route = /^#!?\/[^?]*/.exec(hash)?.[0] ?? '';
    return `${protocol}//${host}${pathname}${route}`;
  } catch {
    return '';
  }
}
