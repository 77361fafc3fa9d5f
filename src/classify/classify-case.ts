import { missingOf } from '../domain/compile-unit.ts';
import type { Observation } from '../domain/observation.ts';
import type { RedContract } from '../domain/scenario.ts';
import type { CaseCode, Strength } from '../domain/verdict.ts';
import { listMissing } from './compile-red.ts';
import { patternFinds } from './pattern.ts';
import { describeContract, isOfClass } from './red-contract.ts';
import { normaliseMessage, signatureOf } from './signature.ts';

/** The judgement of one case in one attempt. */
export interface AttemptVerdict {
  readonly code: CaseCode;
  readonly strength?: Strength;
  readonly signature: string;
  readonly detail: string;
}

/** The first line of a message, with the second where the first only announces it; short enough for a table. */
export function firstLine(message: string, limit = 160): string {
  const lines = message
    .split('\n')
    .map((candidate) => candidate.trim())
    .filter((candidate) => candidate !== '');
  const [first = '', second = ''] = lines;
  // node:assert ends its first line with a colon and says what was seen in the next one; gomega's first line is `Expected`.
  const line = first === 'Expected' ? lines.join(' ') : first.endsWith(':') ? `${first} ${second}`.trim() : first;
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** Judges a case that the feature's code should decide, at red. */
export function classifyRedCase(
  observation: Observation,
  contract: RedContract | undefined,
  worktree: string,
): AttemptVerdict {
  const early = classifyNotJudged(observation, worktree);
  const unbuilt = observation.where === 'load' && missingOf(observation.failure).length > 0;
  // Only what really failed can be a compile red: a skipped or unfinished case that also names a compile error is none.
  if (early?.code === 'setup-failed' && observation.outcome !== 'passed' && unbuilt) {
    const detail = `does not build: ${listMissing(observation)} missing`;
    return { code: 'red/compile', strength: 'weak', signature: early.signature, detail };
  }
  if (early !== undefined) return early;
  if (observation.outcome === 'passed') {
    return {
      code: 'role-pending',
      signature: '',
      detail: 'passes before the code exists; its role is decided at green',
    };
  }
  return classifyBodyFailure(observation, contract, worktree);
}

/** Judges a case at green: it passes, or it says how it does not. */
export function classifyGreenCase(observation: Observation, worktree: string): AttemptVerdict {
  const early = classifyNotJudged(observation, worktree);
  if (early !== undefined) return early;
  if (observation.outcome === 'passed') return { code: 'green/passed', signature: '', detail: 'passed' };
  return {
    code: 'still-red',
    signature: signatureOf(observation.failure, worktree),
    detail: `fails: ${firstLine(observation.failure?.message ?? 'no message')}`,
  };
}

/** What is neither red nor green evidence, whatever the phase. */
function classifyNotJudged(observation: Observation, worktree: string): AttemptVerdict | undefined {
  const { failure, outcome, where } = observation;
  const signature = signatureOf(failure, worktree);
  const said = failure === undefined ? '' : `: ${firstLine(failure.message)}`;
  if ((observation.retries?.length ?? 0) > 1 && new Set(observation.retries).size > 1) {
    return { code: 'unstable', signature, detail: `retried by the runner: ${observation.retries?.join(', then ')}` };
  }
  switch (outcome) {
    case 'skipped':
      return { code: 'skipped', signature, detail: `skipped${said}` };
    case 'timed-out':
      return { code: 'timed-out', signature, detail: `the runner's own time limit ended it${said}` };
    case 'aborted':
      return { code: 'not-finished', signature, detail: `it was started and never finished${said}` };
    case 'passed': {
      // A report that calls a case passed and shows a failure of it contradicts itself, and is not believed.
      const other = failure ?? observation.additional?.[0];
      if (other === undefined) return undefined;
      const detail = `reported as passed, with a failure beside it: ${firstLine(other.message)}`;
      return { code: 'setup-failed', signature: signatureOf(other, worktree), detail };
    }
    default:
  }
  if (failure?.kind === 'timeout') return { code: 'timed-out', signature, detail: firstLine(failure.message) };
  if (where !== 'body') {
    const place = {
      setup: 'its set-up',
      teardown: 'its teardown',
      suite: 'a suite-wide node',
      load: 'loading',
      body: '',
    };
    return { code: 'setup-failed', signature, detail: `failed in ${place[where]}, not in its body${said}` };
  }
  return undefined;
}

function classifyBodyFailure(
  observation: Observation,
  contract: RedContract | undefined,
  worktree: string,
): AttemptVerdict {
  const failure = observation.failure ?? { kind: 'error' as const, type: '', message: '' };
  const signature = signatureOf(failure, worktree);
  const normalised = normaliseMessage(failure.message, worktree);
  const said = firstLine(normalised);
  const undeclared = (why: string): AttemptVerdict => ({
    code: 'undeclared-failure',
    signature,
    detail: `${why}: ${said}`,
  });

  if (failure.kind === 'panic' && contract?.class !== 'panic') return { code: 'panicked', signature, detail: said };
  if (contract === undefined) {
    if (failure.kind === 'assertion') return { code: 'red/assertion', strength: 'strong', signature, detail: said };
    // Languages that look names up as they run: the case reached a name that nothing declares yet.
    if (failure.kind === 'compile' && (failure.missing?.length ?? 0) > 0) {
      const detail = `uses what does not exist yet: ${listMissing(observation)} missing`;
      return { code: 'red/compile', strength: 'weak', signature, detail };
    }
    if (failure.kind === 'no-error-assertion') return undeclared('an unexpected error needs a red contract to count');
    if (failure.kind === 'reported-failure') return undeclared('a bare <failure> needs a red contract to count');
    return undeclared(`failed by ${failure.type || 'an error'}, which is no assertion`);
  }
  if (!isOfClass(contract.class, failure, normalised)) {
    return undeclared(`declared ${describeContract(contract)}, failed by ${failure.type || failure.kind}`);
  }
  if (contract.pattern !== undefined && !patternFinds(contract.pattern, normalised)) {
    return undeclared(`declared ${describeContract(contract)}, the message differs`);
  }
  if (contract.class === 'panic' && !panickedInOwnBody(observation)) {
    return { code: 'panicked', signature, detail: `panicked outside the case's own body: ${said}` };
  }
  if (contract.class !== 'assertion') return { code: 'red/declared', strength: 'fair', signature, detail: said };
  if (failure.kind === 'assertion') return { code: 'red/assertion', strength: 'strong', signature, detail: said };
  if (contract.pattern === undefined) return undeclared('without a pattern this says only that something failed');
  return { code: 'red/assertion', strength: 'fair', signature, detail: said };
}

/** The adapter gives a panic's first frame inside the module as its location; it must lie in the case's own file. */
function panickedInOwnBody({ failure, file }: Observation): boolean {
  return (
    failure?.location !== undefined &&
    // A helper in the case's own file is not the case, where the frames tell.
    failure.ownBody !== false &&
    (file === undefined ? /_test\.go$|\.test\.|\.spec\./.test(failure.location.file) : failure.location.file === file)
  );
}
