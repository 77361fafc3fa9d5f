import { missingOf } from '../domain/compile-unit.ts';
import type { Observation } from '../domain/observation.ts';
import type { AttemptVerdict } from './classify-case.ts';

/** How many missing names a sentence lists. */
const LISTED = 8;

/** `Pause, Resume and 3 more`. */
export function listMissing(observation: Observation): string {
  const names = [...new Set(missingOf(observation.failure).map(({ name }) => name))];
  return names.length > LISTED
    ? `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`
    : names.join(', ');
}

/**
 * What counts at S less than at R. The stub is there to make the tests build, so a name that is missing still is the stub's
 * fault; and a panic there is mostly a nil where an empty value is meant, so it is never red, whatever is declared.
 *
 * @param verdict as the same failure would be judged at R.
 */
export function judgeAtStub(observation: Observation, verdict: AttemptVerdict): AttemptVerdict {
  if (verdict.code === 'red/compile') {
    return {
      code: 'setup-failed',
      signature: verdict.signature,
      detail: `still does not build at S: ${listMissing(observation)} missing; the stub has to declare it`,
    };
  }
  const panicked = observation.failure?.kind === 'panic';
  if (!panicked || (verdict.code !== 'panicked' && verdict.code !== 'red/declared')) return verdict;
  return {
    code: 'panicked',
    // It counts for nothing, so that two of them need not be alike: what ran beside it stands in a panic's text.
    signature: '',
    detail: `a panic at S is not red: ${verdict.detail}; where the stub returns nil, an empty value may be meant`,
  };
}
