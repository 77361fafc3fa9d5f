import type { CommitId } from '../domain/brand.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import { isAncestor, mergeBase, parentsOf, resolveCommit, short } from './commits.ts';
import type { Repository } from './open-repository.ts';

interface BaseTips {
  /** The name that was found, e.g. `main`. */
  readonly name: string;
  /** Local and remote-tracking tip, as far as they exist. */
  readonly tips: readonly CommitId[];
}

function branchNames(configBase: string): readonly string[] {
  return [...new Set([configBase, 'main', 'master'])];
}

/** Tips of the configured base branch; of `main`, then `master`, where the configured one does not exist. */
async function findTips(repo: Repository, configBase: string): Promise<Result<BaseTips | undefined>> {
  for (const name of branchNames(configBase)) {
    const tips: CommitId[] = [];
    for (const rev of [name, `origin/${name}`]) {
      const tip = await resolveCommit(repo, rev);
      if (tip.ok) tips.push(tip.value);
      else if (tip.failure.reason !== 'commit-unknown') return tip;
    }
    if (tips.length > 0) return ok({ name, tips });
  }
  return ok(undefined);
}

/**
 * B when nobody named it: the merge base of `feature` with the base branch. Of the local and the remote-tracking branch the
 * one nearest to `feature` counts, since either may lag behind. Where the base branch already holds `feature` (somebody works
 * on main, or it was merged) it is the first parent of `feature`, and a note says so.
 */
export async function findDefaultBase(
  repo: Repository,
  configBase: string,
  feature: CommitId,
): Promise<Result<{ readonly base: CommitId; readonly notes: readonly string[] }>> {
  const found = await findTips(repo, configBase);
  if (!found.ok) return found;
  if (found.value === undefined) {
    return fail({
      reason: 'corners-invalid',
      what: `there is no base branch: none of ${branchNames(configBase).join(', ')} exists here or on origin`,
      next: 'Name B with `--base`, or the branch as `base` in redfirst.yaml.',
      exit: EXIT.usage,
    });
  }
  const { name, tips } = found.value;
  const notes = name === configBase ? [] : [`the configured base ${configBase} does not exist; ${name} was taken`];
  let nearest: CommitId | undefined;
  let related = false;
  for (const tip of tips) {
    const candidate = await mergeBase(repo, feature, tip);
    if (!candidate.ok) return candidate;
    if (candidate.value === undefined) continue;
    related = true;
    if (candidate.value === feature) continue;
    const nearer = nearest === undefined ? ok(true) : await isAncestor(repo, nearest, candidate.value);
    if (!nearer.ok) return nearer;
    if (nearer.value) nearest = candidate.value;
  }
  if (nearest !== undefined) return ok({ base: nearest, notes });
  if (!related) {
    return fail({
      reason: 'corners-invalid',
      what: `${short(feature)} and ${name} have no common ancestor`,
      next: repo.shallow ? 'This is a shallow clone: run `git fetch --unshallow`.' : 'Name B with `--base`.',
      exit: EXIT.usage,
    });
  }
  const parents = await parentsOf(repo, feature);
  if (!parents.ok) return parents;
  const parent = parents.value[0];
  if (parent === undefined) {
    return fail({
      reason: 'corners-invalid',
      what: `${short(feature)} is the first commit: there is nothing before it that could be B`,
      next: repo.shallow
        ? 'This is a shallow clone: run `git fetch --unshallow`.'
        : 'Commit the tests on top of a base commit.',
      exit: EXIT.usage,
    });
  }
  return ok({
    base: parent,
    notes: [...notes, `${name} already holds ${short(feature)}, so B is its first parent ${short(parent)}`],
  });
}

/**
 * The newest commit of the base branch that H contains: what it holds beyond B came in by merges. A base branch that holds
 * the feature itself says nothing about that, and B is returned.
 */
export async function findIncoming(
  repo: Repository,
  configBase: string,
  commits: { readonly base: CommitId; readonly feature: CommitId; readonly head: CommitId },
): Promise<Result<CommitId>> {
  const found = await findTips(repo, configBase);
  if (!found.ok) return found;
  let newest = commits.base;
  for (const tip of found.value?.tips ?? []) {
    const holdsFeature = await isAncestor(repo, commits.feature, tip);
    if (!holdsFeature.ok) return holdsFeature;
    if (holdsFeature.value) continue;
    const candidate = await mergeBase(repo, commits.head, tip);
    if (!candidate.ok) return candidate;
    if (candidate.value === undefined) continue;
    const newer = await isAncestor(repo, newest, candidate.value);
    if (!newer.ok) return newer;
    if (newer.value) newest = candidate.value;
  }
  return ok(newest);
}
