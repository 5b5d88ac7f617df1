/** What the component says. Every text can be replaced, for another language or another tone. */
export interface ConsentTexts {
  /** The heading. */
  readonly title: string;
  /** What the data is for, and that the choice can be changed. */
  readonly explanation: string;
  /** The name of the three choices together. */
  readonly question: string;
  /** The choice `granted`. */
  readonly granted: string;
  /** The choice `denied`. */
  readonly denied: string;
  /** The choice `pending`. */
  readonly pending: string;
  /** The question about crash reports, where each purpose is asked about. */
  readonly crashes: string;
  /** The question about metrics, where each purpose is asked about. */
  readonly usage: string;
  /** The question about spans and log records, where each purpose is asked about. */
  readonly diagnostics: string;
  /** Makes the choice take effect. */
  readonly save: string;
  /** Opens what would be sent. */
  readonly preview: string;
  /** Stands in place of what would be sent when there is nothing. */
  readonly nothing: string;
  /** Deletes what has not been sent. */
  readonly erase: string;
  /** A choice has taken effect. */
  readonly saved: string;
  /** What had not been sent is deleted. */
  readonly erased: string;
  /** A choice or a deletion has failed. The reason follows it. */
  readonly failed: string;
}

/** The texts in English. */
export const defaultTexts: ConsentTexts = {
  title: 'Diagnostic data',
  explanation:
    'This app can send diagnostic data to its developers: what it did, how long that took, and what went wrong. You can change your choice at any time.',
  question: 'Send diagnostic data?',
  granted: 'Send it',
  denied: 'Do not send it, and delete what is waiting',
  pending: 'Decide later',
  crashes: 'Send a report after a crash?',
  usage: 'Send how often functions are used, and how long they take?',
  diagnostics: 'Send what the app did, and what went wrong?',
  save: 'Save',
  preview: 'What would be sent',
  nothing: 'Nothing is waiting to be sent.',
  erase: 'Delete what is waiting',
  saved: 'Your choice is saved.',
  erased: 'What was waiting is deleted.',
  failed: 'That did not work:',
};
