import type { Observation, ObservedFailure } from '../domain/observation.ts';
import type { RedContract } from '../domain/scenario.ts';
import { isValidRed } from '../domain/verdict.ts';
import { type AttemptFacts, findAttemptProblem } from './attempt-problem.ts';
import { type AttemptVerdict, classifyRedCase } from './classify-case.ts';
import { observedAs } from './corner-view.ts';

/** A case's verdict at R or S over all attempts there. */
export interface ChangeRed extends AttemptVerdict {
  /** Red among the others and green alone. */
  readonly onlyThroughNeighbour?: boolean;
  /** Panicked, first inside its own body: red where a contract says so, and never silently. */
  readonly ownPanic?: boolean;
}

/**
 * As `classifyRedCase`, for a change that no scenario speaks of: nobody wrote a contract, so an assertion that demanded "no
 * error" and a bare JUnit failure are what they are, red by assertion and only fair.
 */
export function judgeRedOfChange(
  observation: Observation,
  contract: RedContract | undefined,
  worktree: string,
): AttemptVerdict {
  const verdict = classifyRedCase(observation, contract, worktree);
  const kind = observation.failure?.kind;
  const bare = kind === 'no-error-assertion' || kind === 'reported-failure';
  if (contract !== undefined || verdict.code !== 'undeclared-failure' || !bare) return verdict;
  const detail = verdict.detail.replace(/^.*? needs a red contract to count: /, '');
  return { ...verdict, code: 'red/assertion', strength: 'fair', detail };
}

/**
 * What a case showed at R or S in every attempt: in declared order, shuffled, and alone. One that is red among others and
 * green alone is not red of its own; attempts that disagree otherwise are unstable.
 */
export function settleRed(
  name: string,
  attempts: readonly AttemptFacts[],
  contract: RedContract | undefined,
  worktree: string,
): ChangeRed | undefined {
  const seen = attempts.flatMap((attempt): Seen[] => {
    if (attempt.only !== undefined && !attempt.only.includes(name)) return [];
    const found = observedAs(attempt, name);
    const [observation] = found;
    const problem = findAttemptProblem(attempt);
    if (problem !== undefined) return [{ attempt, verdict: { ...problem, signature: '' }, observation }];
    if (observation === undefined) return attempt.only === undefined ? [] : [{ attempt, verdict: ABSENT, observation }];
    if (found.length > 1) return [{ attempt, verdict: ambiguous(found.length), observation }];
    return [{ attempt, verdict: judgeRedOfChange(observation, contract, worktree), observation }];
  });
  const first = seen[0];
  if (first === undefined) return undefined;
  const own =
    first.verdict.code === 'panicked' && first.observation && isOwnPanic(first.observation) ? { ownPanic: true } : {};
  if (seen.every((one) => isSame(one, first))) return { ...first.verdict, ...own };
  const red = seen.find(({ verdict }) => isValidRed(verdict.code));
  const greenAlone = seen.find(
    ({ attempt, verdict }) => attempt.order === 'drivers-alone' && verdict.code === 'role-pending',
  );
  const redAlone = seen.some(({ attempt, verdict }) => attempt.order === 'drivers-alone' && isValidRed(verdict.code));
  if (red !== undefined && greenAlone !== undefined && !redAlone) {
    const detail = `red only through a neighbour: alone it passes at the same commit; in the suite: ${red.verdict.detail}`;
    return { code: 'unstable', signature: red.verdict.signature, detail, onlyThroughNeighbour: true };
  }
  // The very same assertion whose figures depend on what ran before it (goroutines, ports) is red each time, and says so.
  if (seen.every((one) => isSameRed(one, first))) {
    const said = new Set(seen.map(({ observation }) => observation?.failure && withoutFigures(observation.failure)));
    const differs = said.size > 1 ? 'the order of its words differs' : 'its figures differ';
    const detail = `${first.verdict.detail} (${differs} between attempts)`;
    return { ...first.verdict, strength: 'fair', detail };
  }
  // A suite that does not survive another order says nothing of this case, whose red was seen in a process of its own.
  const lost = seen.filter(
    ({ attempt, observation }) =>
      attempt.order === 'shuffled' && findAttemptProblem(attempt) !== undefined && observation?.outcome !== 'passed',
  );
  const kept = seen.filter((one) => !lost.includes(one));
  if (redAlone && kept.every((one) => isSameRed(one, first))) {
    const detail = `${first.verdict.detail} (shuffled, the suite itself breaks: ${lost[0]?.verdict.detail})`;
    return { ...first.verdict, strength: first.verdict.strength === 'weak' ? 'weak' : 'fair', detail, ...own };
  }
  const shown = seen.map(({ attempt, verdict }) => `${describeAttempt(attempt)} ${verdict.code}: ${verdict.detail}`);
  return {
    code: 'unstable',
    signature: first.verdict.signature,
    detail: `attempts disagree: ${[...new Set(shown)].slice(0, 4).join('; ')}`,
  };
}

/**
 * Two failures of one assertion: the same kind at the same place, and the same words but for figures and their order (a map of Go
 * has another in each run).
 */
function isSameAssertion(one: Observation | undefined, other: Observation | undefined): boolean {
  const [a, b] = [one?.failure, other?.failure];
  if (a?.location === undefined || b?.location === undefined) return false;
  const samePlace = a.location.file === b.location.file && a.location.line === b.location.line;
  return samePlace && a.kind === b.kind && a.type === b.type && bagOfWords(a) === bagOfWords(b);
}

const withoutFigures = ({ message }: ObservedFailure): string => (message.split('\n')[0] ?? '').replace(/\d+/g, '#');

function bagOfWords(failure: ObservedFailure): string {
  return withoutFigures(failure)
    .split(/(?<=[^\w#])|(?=[^\w#])/)
    .sort()
    .join('');
}

const isSame = ({ verdict }: Seen, first: Seen): boolean =>
  verdict.code === first.verdict.code && verdict.signature === first.verdict.signature;

/** The same red, but for figures in its message. */
function isSameRed(one: Seen, first: Seen): boolean {
  if (!isValidRed(one.verdict.code) || one.verdict.code !== first.verdict.code) return false;
  return isSame(one, first) || isSameAssertion(one.observation, first.observation);
}

interface Seen {
  readonly attempt: AttemptFacts;
  readonly verdict: AttemptVerdict;
  readonly observation: Observation | undefined;
}

const ABSENT: AttemptVerdict = { code: 'missing', signature: '', detail: 'has no result, though it was to run alone' };

function describeAttempt({ attempt, order }: AttemptFacts): string {
  return order === 'declared' ? `attempt ${attempt}` : `attempt ${attempt} (${order})`;
}

function ambiguous(times: number): AttemptVerdict {
  return {
    code: 'ambiguous-name',
    signature: '',
    detail: `${times} cases have this name, so that no result can be told from another; rename them`,
  };
}

function isOwnPanic({ where, failure, file, place }: Observation): boolean {
  const own = place?.file ?? file;
  return (
    where === 'body' && failure?.kind === 'panic' && failure.location !== undefined && failure.location.file === own
  );
}
