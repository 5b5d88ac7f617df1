/** A message as the app keeps it. */
export type Message = { to: string; text: string };
