/** What a code means, for a person. */
export interface Explanation {
  /** A few words, no full stop. */
  readonly title: string;
  readonly meaning: string;
  /** Lines as a person sees them in a report, a scenario or on the terminal. */
  readonly example: readonly string[];
  readonly next: string;
}
