import type { ChangeCase, ChangeRole, Touch } from '../domain/change.ts';
import { hasFailed, type MissingName, type Observation, type Outcome } from '../domain/observation.ts';
import type { DeclaredRole, RedContract } from '../domain/scenario.ts';
import { type CaseCode, isValidRed, type Strength } from '../domain/verdict.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import type { Problem } from './attempt-problem.ts';
import { type ChangeRed, settleRed } from './change-red.ts';
import { classifyGreenCase, firstLine } from './classify-case.ts';
import { type CornerView, observedAs } from './corner-view.ts';

export interface RoleQuestion {
  readonly target: string;
  readonly name: string;
  readonly views: Readonly<Partial<Record<CornerName, CornerView>>>;
  /** R, or S where it does not build at R; undefined where neither ran. */
  readonly deciding: CornerView | undefined;
  /** What makes the deciding corner worthless. */
  readonly problem: Problem | undefined;
  /** Names that are missing at R, where that is all that is known. */
  readonly blind: readonly MissingName[] | undefined;
  readonly touch: { readonly touch: Touch; readonly was?: Observation };
  readonly contract: RedContract | undefined;
  readonly declared: DeclaredRole | undefined;
  readonly worktree: string;
}

interface Decision {
  readonly role: ChangeRole;
  readonly code: CaseCode;
  readonly detail: string;
  readonly strength?: Strength;
  readonly signature?: string;
  readonly at?: CornerName;
  readonly onlyThroughNeighbour?: boolean;
}

/** The role of one case by what it did at every corner (design 2, the table of roles). */
export function decideRole(question: RoleQuestion): ChangeCase {
  const { target, name, views, touch } = question;
  const outcomes: Partial<Record<CornerName, Outcome | null>> = {};
  for (const view of Object.values(views)) {
    // What did not build, or cannot be believed, says nothing of a case.
    if (view.unbuilt.length === 0 || view.byName.has(name))
      outcomes[view.corner] = view.byName.get(name)?.outcome ?? null;
  }
  const seen = ['H', 'S', 'R', 'B', 'X'].map((corner) => views[corner as CornerName]?.byName.get(name)).find(Boolean);
  const place = seen?.place ?? seen?.failure?.location;
  const decision = decide(question);
  return {
    target,
    name,
    ...(place === undefined ? {} : { place: { file: place.file, line: place.line } }),
    // Another name with another meaning is a new case; only what shows nothing new is called renamed.
    touch: touch.touch === 'renamed' && decision.role !== 'rename' ? 'new' : touch.touch,
    role: decision.role,
    code: decision.code,
    ...(decision.strength === undefined ? {} : { strength: decision.strength }),
    at: decision.at ?? question.deciding?.corner ?? 'R',
    detail: decision.detail,
    signature: decision.signature ?? '',
    outcomes,
    ...(decision.onlyThroughNeighbour === true ? { onlyThroughNeighbour: true } : {}),
  };
}

function decide(question: RoleQuestion): Decision {
  const { touch, deciding, problem, blind, name, views, contract, worktree } = question;
  if (touch.touch === 'untouched') return untouched(question);
  if (touch.touch === 'deleted') return deleted(question);
  const head = headOf(question);
  if (blind !== undefined) return unbuilt(blind, head);
  const red =
    deciding === undefined || problem !== undefined
      ? undefined
      : settleRed(name, deciding.attempts, contract, worktree);
  if (problem !== undefined) return { role: 'not-judged', code: problem.code, detail: problem.detail };
  if (deciding === undefined && head !== 'not-run') {
    if (head === 'green')
      return { role: 'pending', code: 'green/passed', detail: 'passes at H; R was not run', at: 'H' };
    return head;
  }
  if (red === undefined) {
    if (views.H?.byName.has(name)) {
      return { role: 'not-judged', code: 'missing', detail: `runs at H and not at ${deciding?.corner ?? 'R'}` };
    }
    return { role: 'not-judged', code: 'not-run', detail: 'was not run' };
  }
  return withHead(question, red, head);
}

/** What a case that ran at R shows, once H is known. */
function withHead(question: RoleQuestion, red: ChangeRed, head: Decision | 'green' | 'not-run'): Decision {
  const shown = { ...red, ...(red.strength === undefined ? {} : { strength: red.strength }) };
  if (isValidRed(red.code)) {
    if (head === 'green') return { ...shown, role: 'driver' };
    if (head === 'not-run') return { ...shown, role: 'driver', detail: red.detail };
    return { ...head, role: 'failing', detail: `${head.detail}; red at R too: ${red.detail}` };
  }
  if (typeof head === 'object') return head;
  // At S it may be the stub's: a nil where an empty value is meant.
  if (red.ownPanic === true && head === 'green' && question.deciding?.corner !== 'S') {
    const detail = `panics in its own body at R and passes at H; it counts where a red contract says panic: ${red.detail}`;
    return { ...shown, role: 'driver', strength: 'weak', detail };
  }
  if (red.onlyThroughNeighbour === true) return { ...shown, role: head === 'green' ? 'vacuous' : 'not-judged' };
  if (red.code !== 'role-pending') return { ...shown, role: 'not-judged' };
  if (head === 'not-run') {
    return { ...shown, role: question.declared ?? 'pending', detail: `unexpected pass: ${red.detail}` };
  }
  return greenAtBoth(question, red);
}

/** Green before and after: what else could it be for? */
function greenAtBoth(question: RoleQuestion, red: ChangeRed): Decision {
  const { touch, views, name, declared, deciding } = question;
  const at = deciding?.corner ?? 'R';
  const old = views.X?.byName.get(touch.was?.name ?? name);
  if (old !== undefined && hasFailed(old.outcome)) {
    const said = old.failure === undefined ? old.outcome : firstLine(old.failure.message);
    return {
      role: 'adaptation',
      code: 'adaptation-passed',
      detail: `green at ${at} and H; its old text fails at X: ${said}`,
    };
  }
  if (touch.was !== undefined) return { role: 'rename', code: 'rename-passed', detail: `was called ${touch.was.name}` };
  if (declared === 'guard')
    return { role: 'guard', code: 'guard-passed', detail: `declared guard, green at ${at} and H` };
  if (declared === 'characterization') {
    return { role: 'characterization', code: 'characterization-passed', detail: `declared, green at ${at} and H` };
  }
  // A case that was skipped or pending at B had no text that could fail.
  const before = views.B?.byName.get(name)?.outcome;
  if (touch.touch === 'changed' && before !== 'skipped') {
    if ((views.X?.unbuilt.length ?? 0) > 0) {
      const detail = `green at ${at} and H; its old text does not build at X: adapted to what the change declares`;
      return { role: 'adaptation', code: 'adaptation-passed', detail };
    }
    if (views.X === undefined || views.X.problem !== undefined) {
      const why =
        views.X === undefined ? 'its old text was not run at X' : `X says nothing: ${views.X.problem?.detail}`;
      return { role: 'pending', code: 'role-pending', detail: `green at ${at} and H; ${why}` };
    }
  }
  return {
    role: 'vacuous',
    code: 'vacuous',
    signature: red.signature,
    detail: `green at ${at} and H: it shows nothing; a guard, where it was meant to hold before the change too`,
  };
}

/** H's verdict of a case: `green`, what is wrong there, or `not-run` where H did not run at all. */
function headOf({ views, name, worktree }: RoleQuestion): Decision | 'green' | 'not-run' {
  const view = views.H;
  if (view === undefined) return 'not-run';
  const wrong = (code: CaseCode, detail: string): Decision => ({
    // What is skipped or pending at H as well shows nothing, and breaks nothing.
    role: code === 'skipped' ? 'not-judged' : 'failing',
    code,
    detail,
    at: 'H',
  });
  if (view.problem !== undefined) return wrong(view.problem.code, `at H ${view.problem.detail}`);
  const seen = view.attempts.flatMap((attempt) => observedAs(attempt, name));
  if (seen.length === 0) {
    const [unbuiltAtHead] = view.unbuilt;
    if (unbuiltAtHead !== undefined) return wrong('setup-failed', 'does not build at H');
    return wrong('missing', 'has no result at H');
  }
  for (const one of seen) {
    const verdict = classifyGreenCase(one, worktree);
    if (verdict.code !== 'green/passed') return wrong(verdict.code, `at H it ${verdict.detail}`);
  }
  return 'green';
}

function unbuilt(missing: readonly MissingName[], head: Decision | 'green' | 'not-run'): Decision {
  const names = [...new Set(missing.map(({ name }) => name))];
  const named = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
  const detail = `does not build at R: ${named} missing; a stub (S) would show whether it fails by assertion`;
  if (typeof head === 'object') return head;
  return { role: 'pending', code: 'red/compile', strength: 'weak', detail };
}

/** A case that is gone: retired where its old text fails on the new code. */
function deleted({ views, name, worktree }: RoleQuestion): Decision {
  const old = views.X?.byName.get(name);
  const at = 'X' as const;
  if (old === undefined) {
    if ((views.X?.unbuilt.length ?? 0) > 0) {
      return { role: 'retired', code: 'retired', detail: 'deleted; its old text does not build at H any more', at };
    }
    return { role: 'pending', code: 'not-run', detail: 'deleted; its old text was not run at X', at: 'B' };
  }
  if (old.outcome === 'passed' || old.outcome === 'skipped') {
    return {
      role: 'not-judged',
      code: 'vacuous',
      detail: `deleted, though its old text still ${old.outcome === 'passed' ? 'passes' : 'is skipped'} at H`,
      at,
    };
  }
  const verdict = classifyGreenCase(old, worktree);
  return {
    role: 'retired',
    code: 'retired',
    detail: `deleted; its old text ${verdict.detail} at X`,
    signature: verdict.signature,
    at,
  };
}

function untouched({ views, name, deciding }: RoleQuestion): Decision {
  const at = deciding?.corner ?? 'R';
  const before = views.B?.byName.get(name)?.outcome;
  const now = deciding?.byName.get(name)?.outcome;
  const role = 'untouched' as const;
  if (before === 'passed' && now === 'passed')
    return { role, code: 'control-passed', detail: `natural control: passes at B and ${at}` };
  return { role, code: 'untouched', detail: 'not part of this change; ignored' };
}
