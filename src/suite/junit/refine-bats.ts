import type { Observation } from '../../domain/observation.ts';
import { batsHook, readBats } from '../bats-words.ts';
import { commandNotFound } from '../reporters/missing-names.ts';
import type { ReadReport, RunnerResult } from '../runner.ts';

/**
 * Reads what bats says in words in its JUnit, from the case at `from` on: hook, place, a command that is not there. What it
 * writes as a case though it is a hook of a file is taken out of the cases.
 * @returns what failed outside of any case.
 */
export function refineBats(
  observations: Observation[],
  from: number,
  { worktree }: RunnerResult,
): ReadReport['suiteFailures'][number][] {
  const outside: ReadReport['suiteFailures'][number][] = [];
  for (const one of observations.splice(from)) {
    const { failure } = one;
    const title = one.name.split(' > ').at(-1) ?? '';
    const hook = failure === undefined ? undefined : batsHook(title);
    if (hook !== undefined) outside.push({ what: `${title}: ${failure?.message ?? ''}`, where: hook });
    else observations.push(refine(one, worktree));
  }
  return outside;
}

function refine(one: Observation, worktree: string): Observation {
  const { failure } = one;
  const bats = failure === undefined ? undefined : readBats(failure.message, worktree);
  if (failure === undefined || bats === undefined) return one;
  const { where, at } = bats;
  const command = commandNotFound(failure.message);
  const missing =
    command === undefined
      ? {}
      : { missingNames: [command], missing: [{ name: command, kind: 'command' as const, ...at }] };
  return {
    ...one,
    outcome: where === 'body' && command === undefined ? 'failed' : 'errored',
    where,
    failure: {
      ...failure,
      kind: command === undefined ? failure.kind : 'compile',
      ...(at === undefined ? {} : { location: at }),
      ...missing,
    },
  };
}
