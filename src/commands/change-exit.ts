import type { ChangeVerdict } from '../domain/change.ts';
import { EXIT, type ExitCode, worstExit } from '../domain/failure.ts';

/**
 * What a change's verdict means for a CI job. Holds: something is red for the right reason, and nothing touched is vacuous,
 * failing, or red for a wrong reason. Unproven: what would settle it was not run (no H, no S), or the tests cannot show
 * anything. A driver that rests on a panic alone does not hold: nobody declared it.
 */
export function exitOfChange({ class: whole, targets, cases }: ChangeVerdict, phase: 'red' | 'change'): ExitCode {
  const exits: ExitCode[] = [];
  if (whole === 'not-judgeable') return EXIT.unproven;
  if (whole === 'wrong-reason' || whole === 'vacuous' || whole === 'not-green') exits.push(EXIT.doesNotHold);
  for (const target of targets) {
    if (target.class === 'not-judgeable') exits.push(EXIT.unproven);
    if (target.class === 'wrong-reason' || target.broken.length > 0) exits.push(EXIT.doesNotHold);
  }
  for (const { role, code } of cases) {
    if (role === 'vacuous' || role === 'failing' || role === 'not-judged') exits.push(EXIT.doesNotHold);
    if (role === 'driver' && code === 'panicked') exits.push(EXIT.doesNotHold);
    // At red time a green case waits for its role; once H is known it must have one.
    if (role === 'pending' && phase === 'change') exits.push(EXIT.unproven);
  }
  return worstExit(exits);
}
