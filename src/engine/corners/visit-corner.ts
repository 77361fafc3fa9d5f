import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptFacts } from '../../classify/attempt-problem.ts';
import type { CommitId } from '../../domain/brand.ts';
import type { ChangeCase } from '../../domain/change.ts';
import type { Corner } from '../../domain/event.ts';
import { fail, ok, type Result } from '../../domain/failure.ts';
import type { SetupStep } from '../../domain/scenario.ts';
import { cleanLeftovers } from '../../environment/leftovers.ts';
import type { Repository } from '../../git/open-repository.ts';
import { prepareWorktree, setupOutputs } from '../../git/prepare-worktree.ts';
import { gitEnvironment, interrupted } from '../../git/run-git.ts';
import { changedInWorktree } from '../../git/work-tree-state.ts';
import { checkOutWorktree } from '../../git/worktree.ts';
import type { TargetPlan } from '../../plan/plan-corners.ts';
import { openSites, type SiteMemory } from './open-sites.ts';
import { inParallel, repeatReds, runDeclared } from './run-corner.ts';

/** What visits to corners share. */
export interface VisitContext {
  readonly repo: Repository;
  /** The one worktree that all corners are run in; the caller holds its claim. */
  readonly worktree: string;
  readonly setupAt: (commit: CommitId) => Promise<readonly SetupStep[]>;
  readonly setupDir: string;
  readonly folder: string;
  readonly token: string;
  readonly timeoutMs: number;
  readonly shuffles: number;
  readonly seed: number;
  readonly caller: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
  readonly memory: SiteMemory;
}

/** One corner as it was run. */
export interface RanCorner extends Corner {
  readonly targets: readonly string[];
  /** Milliseconds of everything there, the check-out and set-up among it. */
  readonly durationMs: number;
  readonly buildMs: number;
  readonly attempts: number;
  readonly commands: readonly (readonly string[])[];
}

export interface Visit {
  readonly ran: RanCorner;
  /** Attempts by target, the declared order first. */
  readonly facts: ReadonlyMap<string, readonly AttemptFacts[]>;
}

/**
 * Brings the worktree to a corner, makes it ready, builds, and runs every target once in the declared order.
 * @param redsOf cases to run again, shuffled and alone, once the declared order is known; none where it is absent.
 */
export async function visitCorner(
  context: VisitContext,
  corner: Corner,
  targets: readonly TargetPlan[],
  redsOf?: (facts: ReadonlyMap<string, readonly AttemptFacts[]>) => readonly ChangeCase[],
): Promise<Result<Visit>> {
  const { repo, worktree, signal, progress } = context;
  const beganAtMs = Date.now();
  const steps = await context.setupAt(corner.commit);
  const keepPaths = setupOutputs(steps);
  if (context.memory.clean !== corner.commit) {
    progress(`${corner.corner}: checking out ${corner.commit.slice(0, 10)}`);
    const checkedOut = await checkOutWorktree(repo, worktree, corner.commit, keepPaths);
    if (!checkedOut.ok) return checkedOut;
  }
  context.memory.clean = undefined;
  const tree = { path: worktree, commit: corner.commit };
  const token = `${context.token}.${corner.corner}`;
  const ready = await prepareWorktree(repo, tree, steps, {
    cacheDir: context.setupDir,
    env: { ...gitEnvironment(), REDFIRST_TOKEN: token },
    signal,
    progress,
  });
  if (!ready.ok) return ready;
  const folder = join(context.folder, corner.corner);
  mkdirSync(folder, { recursive: true });
  try {
    const named = targets.length === 1 ? (targets[0] as TargetPlan).target : `${targets.length} targets`;
    progress(`${corner.corner}: building ${named}`);
    const site = await openSites(
      {
        corner: corner.corner,
        worktree,
        targets,
        folder,
        token,
        timeoutMs: context.timeoutMs,
        caller: context.caller,
        signal,
      },
      context.memory,
    );
    if (!site.ok) return site;
    progress(`${corner.corner}: running ${named}`);
    let done = 0;
    const declared = await runDeclared(site.value, targets, () => {
      done++;
      if (done < targets.length) progress(`${corner.corner}: ${done} of ${targets.length} targets`);
    });
    await cleanLeftovers(token);
    const dirtied = await restore(context, corner, keepPaths);
    const facts = new Map<string, readonly AttemptFacts[]>(
      targets.map(({ target }, index) => [target, [withDirt(declared[index] as AttemptFacts, target, dirtied)]]),
    );
    const reds = signal.aborted ? [] : (redsOf?.(facts) ?? []);
    // One after the other: what is repeated is asked whether it depends on what runs beside it.
    await inParallel(
      targets.filter(({ target }) => reds.some((red) => red.target === target)),
      async (target) => {
        const own = reds.filter((red) => red.target === target.target);
        progress(`${corner.corner}: ${target.target}: ${own.length} red, shuffled and alone`);
        const [first] = facts.get(target.target) as readonly AttemptFacts[];
        const { shuffles, seed } = context;
        const request = { reds: own, declared: first as AttemptFacts, shuffles, seed };
        const more = await repeatReds(site.value, target, request, signal);
        facts.set(target.target, [first as AttemptFacts, ...more]);
        await cleanLeftovers(token);
      },
      1,
    );
    if (signal.aborted) return fail(interrupted(`corner ${corner.corner}`));
    const attempts = [...facts.values()].reduce((sum, { length }) => sum + length, 0);
    const { commands, buildMs } = site.value;
    const durationMs = Date.now() - beganAtMs;
    const ran = { ...corner, targets: targets.map(({ target }) => target), durationMs, buildMs, attempts, commands };
    return ok({ ran, facts });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tracked files that tests changed, put back. What they leave untracked is no part of the commit and harms nobody. */
async function restore(
  context: VisitContext,
  corner: Corner,
  keepPaths: readonly string[],
): Promise<readonly string[]> {
  const { worktree, repo } = context;
  const state = await changedInWorktree({ path: worktree, commit: corner.commit }, keepPaths);
  if (!state.ok) return [state.failure.what];
  if (state.value.length === 0) return [];
  const back = await checkOutWorktree(repo, worktree, corner.commit, keepPaths);
  const broken = back.ok ? [] : [back.failure.what];
  return [
    ...state.value.filter(({ status }) => status !== 'untracked').map(({ path, status }) => `${path} (${status})`),
    ...broken,
  ];
}

/** A changed file below one target's folder is that target's; nobody knows whose another is, so it is everybody's. */
function withDirt(facts: AttemptFacts, target: string, dirtied: readonly string[]): AttemptFacts {
  const mine = dirtied.filter((path) => path.startsWith(`${target}/`));
  return { ...facts, dirtied: mine.length > 0 ? mine : dirtied };
}
