import type { ChangeCase, ChangeClass, ChangeTarget } from '../domain/change.ts';
import type { MissingName } from '../domain/observation.ts';
import { isInvalid, isValidRed, type WholeCode } from '../domain/verdict.ts';
import type { Problem } from './attempt-problem.ts';

/** What a target shows whose deciding corner is worthless as a whole. */
export function classOfProblem({ code }: Problem, isBlind: boolean): ChangeClass {
  if (code === 'no-tests') return 'nothing-to-show';
  if (isBlind && code !== 'setup-failed') return 'compile';
  return code === 'setup-failed' ? 'wrong-reason' : 'not-judgeable';
}

/** What the touched cases of one target show. A package that did not build at R showed exactly that, whatever S adds. */
export function classOfCases(touched: readonly ChangeCase[], isBlind: boolean, isPartial: boolean): ChangeClass {
  if (isBlind && isPartial) {
    const built = classOfCases(
      touched.filter(({ at, code }) => at === 'R' && code !== 'red/compile'),
      false,
      false,
    );
    return built === 'assertion' || built === 'panic' ? 'mixed' : 'compile';
  }
  if (isBlind) return 'compile';
  const kept = touched.filter(({ touch }) => touch !== 'deleted');
  const reds = kept.filter(({ role, at }) => (role === 'driver' || role === 'failing') && (at === 'R' || at === 'S'));
  if (reds.some(({ code }) => code === 'red/assertion' || code === 'red/declared')) return 'assertion';
  if (reds.some(({ code }) => code === 'red/compile')) return 'compile';
  if (reds.some(({ code }) => code === 'panicked')) return 'panic';
  if (touched.length === 0) return 'nothing-to-show';
  // What is skipped did not fail for a wrong reason: it did not run.
  const isWrong =
    kept.some(({ role, code }) => role === 'not-judged' && code !== 'skipped') &&
    !kept.some(({ role }) => role === 'vacuous');
  return isWrong ? 'wrong-reason' : 'vacuous';
}

/** The code that stands for a target whose report can be believed. */
export function codeOfClass(kind: ChangeClass, touched: readonly ChangeCase[]): WholeCode {
  const kept = touched.filter(({ touch }) => touch !== 'deleted');
  const bad = kept.find(({ role }) => role === 'not-judged')?.code;
  if (kind === 'nothing-to-show') return 'no-tests';
  if (kind === 'vacuous')
    return bad === 'skipped' && !kept.some(({ role }) => role === 'vacuous') ? 'skipped' : 'vacuous';
  return kind === 'wrong-reason' && bad !== undefined && isInvalid(bad) ? bad : 'red/valid';
}

/** Kinds of red that differ between targets are mixed; what shows nothing does not change what another target shows. */
export function classOfAll(classes: readonly ChangeClass[]): ChangeClass {
  const reds = new Set(classes.filter((one) => one === 'assertion' || one === 'compile' || one === 'panic'));
  if (reds.size > 1 || classes.includes('mixed')) return 'mixed';
  const [only] = reds;
  if (only !== undefined) return only;
  for (const one of ['not-green', 'green', 'not-judgeable', 'wrong-reason', 'vacuous'] as const)
    if (classes.includes(one)) return one;
  return 'nothing-to-show';
}

export function reasonOfTarget(
  kind: ChangeClass,
  touched: readonly ChangeCase[],
  missing: readonly MissingName[],
  isCut: boolean,
  refactor: boolean,
): string {
  if (kind === 'nothing-to-show') return 'no case that ran is touched by the change';
  const names = [...new Set(missing.map(({ name }) => name))];
  const unbuilt =
    names.length === 0
      ? ''
      : `does not build at R: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''} missing${isCut ? ' (the list is cut: the compiler stopped after ten errors)' : ''}`;
  if (refactor) return `${unbuilt}; with declarations alone everything touched is green: a refactoring`;
  const wrong = kind === 'wrong-reason' ? touched.find(({ role }) => role === 'not-judged') : undefined;
  const counted = wrong === undefined ? describeRoles(touched) : `${wrong.name}: ${wrong.detail}`;
  return unbuilt === '' ? counted : `${unbuilt}; ${counted}`;
}

const ROLE_WORDS = [
  ['driver', 'driver', 'drivers'],
  ['adaptation', 'adaptation', 'adaptations'],
  ['guard', 'guard', 'guards'],
  ['characterization', 'characterization', 'characterizations'],
  ['rename', 'rename', 'renames'],
  ['retired', 'retired', 'retired'],
  ['pending', 'pending', 'pending'],
  ['failing', 'failing at H', 'failing at H'],
  ['not-judged', 'not judged', 'not judged'],
] as const;

/** `3 drivers, 8 adaptations, 0 vacuous`. */
export function describeRoles(cases: readonly ChangeCase[]): string {
  const count = (role: ChangeCase['role']): number => cases.filter((one) => one.role === role).length;
  const words = ROLE_WORDS.flatMap(([role, one, many]) => {
    const found = count(role);
    return found === 0 ? [] : [`${found} ${found === 1 ? one : many}`];
  });
  return [...words, `${count('vacuous')} vacuous`].join(', ');
}

export function reasonOf(whole: ChangeClass, targets: readonly ChangeTarget[], cases: readonly ChangeCase[]): string {
  const bad = targets.find((target) => target.class === whole);
  if (whole === 'not-judgeable' || whole === 'wrong-reason' || whole === 'not-green') {
    if (bad === undefined) return 'nothing could be judged';
    return targets.length === 1 ? bad.reason : `${bad.target}: ${bad.reason}`;
  }
  if (whole === 'nothing-to-show') return 'no case that could run is touched by the change';
  const touched = cases.filter(({ touch }) => touch !== 'untouched');
  if (targets.length === 1 && targets[0] !== undefined) return targets[0].reason;
  const kept = touched.filter(({ touch }) => touch !== 'deleted');
  const reds = kept.filter(({ code, role }) => role === 'driver' && isValidRed(code)).length;
  return `${describeRoles(touched)}${reds > 0 ? '' : '; nothing is red before the code exists'}`;
}
