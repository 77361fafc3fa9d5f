import type { ChangeCase, TouchIndex } from '../domain/change.ts';
import type { Observation } from '../domain/observation.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import type { AttemptFacts, Problem } from './attempt-problem.ts';
import type { TargetFacts } from './classify-change.ts';
import type { CornerView } from './corner-view.ts';
import { normaliseMessage } from './signature.ts';

/*
 * What is held neither for nor against a change: failures and gaps that it did not bring, and cases that it does not concern.
 */

type Corners = TargetFacts['corners'];
type SuiteFailure = AttemptFacts['suiteFailures'][number];

/**
 * Takes out what fails outside any case at B already, in the same words (an unhandled rejection, a hook after all): the change
 * did not bring it, and it is listed and ignored, as untouched cases that fail at B are. Only where cases ran and passed all
 * the same: what keeps a suite from running is nobody's to ignore.
 *
 * @returns the corners without it, and what was taken out, once each.
 */
export function withoutBaseFailures({ corners, worktrees = {} }: TargetFacts): {
  readonly corners: Corners;
  readonly ignored: readonly string[];
} {
  const keyAt =
    (corner: CornerName) =>
    ({ what, where }: SuiteFailure): string =>
      `${where}\n${normaliseMessage(what, worktrees[corner] ?? '')}`;
  const atBase = new Map(
    (corners.B ?? [])
      .filter(hasPassed)
      .flatMap(({ suiteFailures }) => suiteFailures)
      .filter(({ where }) => where !== 'load')
      .map((failure) => [keyAt('B')(failure), failure.what]),
  );
  if (atBase.size === 0) return { corners, ignored: [] };
  const kept = Object.entries(corners).map(([name, attempts]) => {
    const key = keyAt(name as CornerName);
    const rest = attempts.map((attempt) =>
      hasPassed(attempt)
        ? { ...attempt, suiteFailures: attempt.suiteFailures.filter((failure) => !atBase.has(key(failure))) }
        : attempt,
    );
    return [name, rest];
  });
  return {
    corners: Object.fromEntries(kept) as Corners,
    ignored: [...atBase.values()].map((what) => `outside any case: ${what}`),
  };
}

function hasPassed({ observations }: AttemptFacts): boolean {
  return observations.some(({ outcome }) => outcome === 'passed');
}

/** Units that do not build or load at R, and do not at H either: something is missing here that the change does not bring. */
export function unbuiltThroughout(
  atRed: CornerView | undefined,
  atHead: CornerView | undefined,
): readonly Observation[] {
  const unbuiltAt = (view: CornerView | undefined): Observation[] => [
    ...(view?.unbuilt ?? []),
    ...[...(view?.byName.values() ?? [])].filter(({ where, failure }) => where === 'load' && failure !== undefined),
  ];
  const names = new Set(unbuiltAt(atHead).map(({ name }) => name));
  return unbuiltAt(atRed).filter(({ name }) => names.has(name));
}

/** What is missing at R and at H alike is missing in this environment, and no name that the change brings. */
export function lostThroughout(lost: readonly Observation[]): Problem {
  const names = [...new Set(lost.flatMap(({ failure }) => (failure?.missing ?? []).map(({ name }) => name)))];
  const [said] = lost.flatMap(
    ({ failure }) => failure?.message.split('\n').filter((line) => /^[^#\s]/.test(line)) ?? [],
  );
  const what =
    names.length > 0
      ? `: ${names.slice(0, 3).join(', ')} missing there too (not installed here?)`
      : said === undefined
        ? ''
        : `: ${said}`;
  return { code: 'setup-failed', detail: `does not build at H either${what}` };
}

/**
 * Tests of Go that hold subtests. One that has no result of its own where its subtests fail shows what they show, and where it
 * passes it says no more than they do.
 */
export function carriersOf(names: Iterable<string>): Set<string> {
  const carriers = new Set<string>();
  for (const name of names)
    for (let at = name.indexOf('/'); at >= 0 && !/\s/.test(name); at = name.indexOf('/', at + 1))
      carriers.add(name.slice(0, at));
  return carriers;
}

/**
 * Names of pytest's cases without their parameters: a test that was given parameters lives on as `name[…]` and was not deleted.
 */
export function withParameters(names: Iterable<string>): Set<string> {
  return new Set([...names].flatMap((name) => /^(.+\.py > [^[]+)\[.*\]$/s.exec(name)?.[1] ?? []));
}

/** Whether the change concerns nothing of the case but what it has in common with others, as far as the index can say. */
export function isOnlyShared(
  index: TouchIndex,
  target: string,
  name: string,
  views: Partial<Record<CornerName, CornerView>>,
): boolean {
  const fresh = (views.H ?? views.R)?.byName.get(name);
  const old = (views.B ?? views.X)?.byName.get(name);
  if (fresh === undefined || old === undefined || index.reach === undefined) return false;
  return index.reach('new', target, fresh) !== 'own' && index.reach('old', target, old) !== 'own';
}

/**
 * Where other cases are touched in their own text, those that merely share changed set-up with them and are green everywhere, with
 * the old text and the new, are controls: nobody wrote them to show anything. Where nothing else is touched they stay what they are.
 */
export function leaveShared(cases: ChangeCase[], isShared: (name: string) => boolean): void {
  // One that only another order of the suite makes fail would do so without the change too.
  const isGreen = ({ role, code, outcomes }: ChangeCase): boolean =>
    role === 'vacuous' || (code === 'unstable' && Object.values(outcomes).every((outcome) => outcome === 'passed'));
  const idle = new Set(cases.filter((one) => one.touch === 'changed' && isGreen(one) && isShared(one.name)));
  if (!cases.some((one) => one.touch !== 'untouched' && !idle.has(one))) return;
  const detail = 'touched only through set-up that it shares; green with the old text and the new';
  for (const [at, one] of cases.entries())
    if (idle.has(one)) cases[at] = { ...one, touch: 'untouched', role: 'untouched', code: 'control-passed', detail };
}
