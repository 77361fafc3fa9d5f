export type ObligationCode =
  | 'P01'
  | 'P02'
  | 'P03'
  | 'P04'
  | 'P05'
  | 'P06'
  | 'P07'
  | 'P08'
  | 'P09'
  | 'P10'
  | 'P11'
  | 'P12'
  | 'P13'
  | 'P14'
  | 'P15';

export type Answer = 'holds' | 'refuted' | 'unproven' | 'not required';

export interface ObligationVerdict {
  readonly code: ObligationCode;
  readonly title: string;
  readonly answer: Answer;
  /** Why, in one or two sentences, with names and places. */
  readonly why: string;
  /** What to do next, when it does not hold. */
  readonly next?: string;
  /** It holds, but on weaker ground (P15: `reconstructed red`). */
  readonly weaker?: string;
}

/** What the evidence adds up to when every required obligation holds. */
export type ProofWord = 'proven' | 'supported (B)' | 'observed (C)' | 'refactor' | 'not proven';
