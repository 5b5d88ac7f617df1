const ENDS_PAGE = [
  'plugin:window|close',
  'plugin:window|destroy',
  'plugin:webview|webview_close',
  'plugin:process|exit',
  'plugin:process|restart',
];

/** Whether there may be no page left after this command. */
export function endsPage(command: string): boolean {
  return ENDS_PAGE.includes(command);
}
