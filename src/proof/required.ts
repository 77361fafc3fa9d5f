import type { ObligationCode } from '../domain/proof.ts';
import type { FeatureKind } from '../domain/vocabulary.ts';

export const TITLES: Readonly<Record<ObligationCode, string>> = {
  P01: 'tests approved before the first green run',
  P02: 'boundary and path roles of the corners hold',
  P03: 'every touched case has a role; drivers validly red in every attempt, controls passing',
  P04: 'suites ran in the mandated order, in red and in green',
  P05: 'every suite ran at or above its realism grade',
  P06: 'tests unchanged from R to H',
  P07: 'names missing at R are defined by R..H',
  P08: 'drivers green at H in every attempt',
  P09: 'red and green in comparable environments',
  P10: 'every criterion has a driver; contract and integration suites are not empty',
  P11: 'counterfactual: without the implementation it is red again',
  P12: 'gate differential: off, on, off again',
  P13: 'integrity of chain, rows and artifacts',
  P14: 'every exception in force is signed and has not expired',
  P15: 'red was recorded first',
};

export const OBLIGATIONS = Object.keys(TITLES) as ObligationCode[];

/** Which kinds of feature do not need an obligation (design 2, obligations). */
const NOT_FOR: Readonly<Partial<Record<ObligationCode, readonly FeatureKind[]>>> = {
  P01: ['refactor'],
  P03: ['refactor'],
  P07: ['refactor'],
  P09: ['refactor'],
  P10: ['refactor', 'graduation'],
  P11: ['refactor'],
  P15: ['refactor'],
};

export function isRequired(code: ObligationCode, kind: FeatureKind): boolean {
  return !(NOT_FOR[code]?.includes(kind) ?? false);
}
