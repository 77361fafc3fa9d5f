import type { ObservedFailure } from '../domain/observation.ts';
import type { RedClass, RedContract, SuiteSpec } from '../domain/scenario.ts';
import { patternFinds } from './pattern.ts';

/**
 * What a failure of each declared class looks like in its message. Sources: kubectl's and the API server's own
 * words (strict decoding, RESTMapper, admission), shells' words for a missing command.
 */
const CLASS_PATTERNS: Readonly<Record<Exclude<RedClass, 'assertion' | 'panic'>, string>> = {
  'unknown-field': '(?i)unknown field|unrecognized (field|option|argument)|unknown (flag|option)',
  'not-found': '(?i)not ?found|no such file|does not exist|\\b404\\b|ENOENT',
  'no-such-kind': `(?i)no matches for kind|the server doesn't have a resource type|no kind "`,
  'admission-denied': '(?i)admission webhook .* denied|is forbidden|is invalid:|\\b422\\b|denied the request',
  'gate-disabled': '(?i)feature ?gate.{0,80}(not enabled|disabled|is off)|(not enabled|disabled).{0,80}feature ?gate',
  'command-missing': '(?i)command not found|unknown (sub)?command|executable file not found|unknown-command|ENOENT',
};

/** The contract that covers a case: the nearest wins (case, then suite). */
export function contractFor(spec: SuiteSpec, name: string): RedContract | undefined {
  return spec.contracts.find((contract) => patternFinds(contract.match, name)) ?? spec.red;
}

/** Whether a failure is of a class, by its kind and, for declared classes, by its normalised message. */
export function isOfClass(redClass: RedClass, failure: ObservedFailure, normalised: string): boolean {
  switch (redClass) {
    case 'assertion':
      return (
        failure.kind === 'assertion' || failure.kind === 'no-error-assertion' || failure.kind === 'reported-failure'
      );
    case 'panic':
      return failure.kind === 'panic';
    default:
      return patternFinds(CLASS_PATTERNS[redClass], normalised);
  }
}

/** How a contract reads for a person. */
export function describeContract(contract: RedContract): string {
  return contract.pattern === undefined ? contract.class : `${contract.class} matching /${contract.pattern}/`;
}
