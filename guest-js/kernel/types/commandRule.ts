/** How many invokes of the matching commands are traced. */
export interface CommandRule {
  readonly pattern: RegExp;
  readonly ratio: number;
}
