/** What JavaScript itself calls this kind of value, in this realm or another: `[object Promise]`. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}
