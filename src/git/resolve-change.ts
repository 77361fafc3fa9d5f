import type { CommitId } from '../domain/brand.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { isAncestor, mergeBase, parentsOf, resolveCommit, short } from './commits.ts';
import type { Repository } from './open-repository.ts';
import { line, runGit } from './run-git.ts';

/** A change that somebody proposes or proposed, between two commits. */
export interface Change {
  /** What a person calls it: `#18374`, `3f2a51bc90de`, `main..feature`. */
  readonly label: string;
  /** Its title where one is known, else the subject of its newest commit. */
  readonly title: string;
  /** B: the newest commit of the mainline that H contains. What merges brought in from there is not the change's. */
  readonly base: CommitId;
  readonly head: CommitId;
  /** What was assumed, one sentence each, for a person. */
  readonly notes: readonly string[];
}

/**
 * Finds the change that `spec` names:
 *
 * - a number: the remote's pull ref where it is at hand (`refs/pull/N/head`, `refs/remotes/…/pr/N`, `refs/remotes/…/pull/N/head`),
 *   else the merge or squash commit of the mainline whose subject says `Merge pull request #N` or ends in `(#N)`
 * - `BASE..HEAD`: B is their merge base
 * - a merge commit: H is its second parent; any other commit: that commit alone (a squash)
 * - a branch that the mainline does not hold, and HEAD where nothing is named: everything since it left the mainline
 *
 * @param configBase the branch that redfirst.yaml names; else the remotes' default branches, `main` and `master` are looked at.
 * @returns `commit-unknown` with the command that would fetch it, `corners-invalid` where B cannot be found.
 */
export async function resolveChange(
  repo: Repository,
  spec: string | undefined,
  configBase?: string,
): Promise<Result<Change>> {
  const mainlines = await findMainlines(repo, configBase);
  if (!mainlines.ok) return mainlines;
  const context = { repo, mainlines: mainlines.value };
  const range = spec === undefined ? null : /^(.*?)\.\.\.?(.*)$/s.exec(spec);
  if (spec !== undefined && range !== null) return resolveRange(context, spec, range[1] || 'HEAD', range[2] || 'HEAD');
  const number = spec === undefined ? undefined : /^#?(\d{1,9})$/.exec(spec)?.[1];
  if (number !== undefined) {
    const found = await resolveNumber(context, number);
    if (!found.ok || found.value !== undefined) return found as Result<Change>;
    // Seven digits and more can be a commit too.
    const commit = number.length >= 7 ? await resolveCommit(repo, number) : fail(unknownNumber(repo, number));
    return commit.ok ? resolveNamed(context, number, commit.value) : fail(unknownNumber(repo, number));
  }
  const name = spec ?? 'HEAD';
  const commit = await resolveCommit(repo, name);
  if (!commit.ok) return commit;
  return resolveNamed(context, name, commit.value);
}

interface Context {
  readonly repo: Repository;
  /** Tips of the branches that changes are merged into; the configured one and remote ones first. */
  readonly mainlines: readonly CommitId[];
}

async function findMainlines(repo: Repository, configBase: string | undefined): Promise<Result<readonly CommitId[]>> {
  const refs = await runGit(repo.topLevel, ['for-each-ref', '--format=%(refname)', 'refs/remotes/*/HEAD']);
  if (!refs.ok) return refs;
  const heads = line(refs.value)
    .split('\n')
    .filter((name) => name !== '');
  const configured = configBase === undefined ? [] : [`origin/${configBase}`, configBase];
  const names = [...configured, ...heads, 'origin/main', 'origin/master', 'refs/heads/main', 'refs/heads/master'];
  const tips: CommitId[] = [];
  for (const name of new Set(names)) {
    const tip = await resolveCommit(repo, name);
    if (tip.ok) tips.push(tip.value);
    else if (tip.failure.reason !== 'commit-unknown') return tip;
  }
  return ok([...new Set(tips)]);
}

async function resolveRange(context: Context, label: string, from: string, to: string): Promise<Result<Change>> {
  const { repo } = context;
  const base = await resolveCommit(repo, from);
  if (!base.ok) return base;
  const head = await resolveCommit(repo, to);
  if (!head.ok) return head;
  return between(repo, label, base.value, head.value);
}

/** The change from where `head` left `mainline`. */
async function between(
  repo: Repository,
  label: string,
  mainline: CommitId,
  head: CommitId,
  title?: string,
  notes: readonly string[] = [],
): Promise<Result<Change>> {
  const base = await mergeBase(repo, mainline, head);
  if (!base.ok) return base;
  if (base.value === undefined) {
    return fail(noBase(repo, `${short(mainline)} and ${short(head)} have no common ancestor`));
  }
  if (base.value === head) {
    return fail({
      reason: 'corners-invalid',
      what: `${label} holds nothing: ${short(head)} is part of ${short(mainline)}`,
      next: 'Name the older commit first: `redfirst pr OLD..NEW`.',
      exit: EXIT.usage,
    });
  }
  const named = title ?? (await titleOf(repo, base.value, head));
  return ok({ label, title: named, base: base.value, head, notes });
}

async function resolveNumber(context: Context, number: string): Promise<Result<Change | undefined>> {
  const { repo, mainlines } = context;
  const label = `#${number}`;
  const patterns = [
    `refs/pull/${number}/head`,
    ...['pr/N', 'pull/N', 'pull/N/head', 'merge-requests/N'].map(
      (form) => `refs/remotes/*/${form.replace('N', number)}`,
    ),
  ];
  const refs = await runGit(repo.topLevel, ['for-each-ref', '--count=1', '--format=%(refname)', ...patterns]);
  if (!refs.ok) return refs;
  const ref = line(refs.value);
  if (ref !== '') {
    const head = await resolveCommit(repo, ref);
    if (!head.ok) return head;
    return resolveTip(context, label, head.value);
  }
  for (const tip of mainlines) {
    const commit = await findBySubject(repo, tip, number);
    if (!commit.ok) return commit;
    if (commit.value !== undefined) return resolveCommitAlone(repo, label, commit.value);
  }
  return ok(undefined);
}

/** The newest commit whose subject says that it brought in that pull request. */
async function findBySubject(repo: Repository, tip: CommitId, number: string): Promise<Result<CommitId | undefined>> {
  const grep = `--grep=^Merge pull request #${number} |\\(#${number}\\)`;
  const found = await runGit(repo.topLevel, ['log', '-E', grep, '--format=%H %s', tip]);
  if (!found.ok) return found;
  const subject = new RegExp(`^Merge pull request #${number}(?:\\s|$)|\\(#${number}\\)$`);
  const hit = line(found.value)
    .split('\n')
    .find((entry) => subject.test(entry.slice(entry.indexOf(' ') + 1)));
  return ok(hit?.slice(0, hit.indexOf(' ')) as CommitId | undefined);
}

/** A branch's tip: since it left the mainline, or, where that holds it already, since before the merge that brought it in. */
async function resolveTip(context: Context, label: string, head: CommitId): Promise<Result<Change>> {
  const { repo, mainlines } = context;
  for (const tip of mainlines) {
    const held = await isAncestor(repo, head, tip);
    if (!held.ok) return held;
    if (!held.value) continue;
    const merge = await mergeThatBrought(repo, head, tip);
    if (!merge.ok) return merge;
    if (merge.value === undefined) return resolveCommitAlone(repo, label, head);
    return between(repo, label, merge.value.before, head, await mergedTitle(repo, merge.value.merge));
  }
  let nearest: Change | undefined;
  for (const tip of mainlines) {
    const change = await between(repo, label, tip, head);
    if (!change.ok) {
      if (change.failure.reason === 'corners-invalid') continue;
      return change;
    }
    const nearer = nearest === undefined ? ok(true) : await isAncestor(repo, nearest.base, change.value.base);
    if (!nearer.ok) return nearer;
    if (nearer.value) nearest = change.value;
  }
  if (nearest !== undefined) return ok(nearest);
  if (mainlines.length === 0) return resolveCommitAlone(repo, label, head);
  return fail(noBase(repo, `${short(head)} has no common ancestor with the mainline`));
}

/** The oldest commit of the mainline's first-parent line that holds `head`, unless that is `head` itself. */
async function mergeThatBrought(
  repo: Repository,
  head: CommitId,
  tip: CommitId,
): Promise<Result<{ readonly merge: CommitId; readonly before: CommitId } | undefined>> {
  const args = ['rev-list', '--first-parent', '--ancestry-path', '--reverse', '--parents', `${head}..${tip}`];
  const found = await runGit(repo.topLevel, args);
  if (!found.ok) return found;
  const [merge, before] = (line(found.value).split('\n')[0] ?? '').split(' ') as [CommitId, CommitId | undefined];
  // A first parent that is `head` means that `head` stands on the mainline itself.
  return ok(before === undefined || before === head ? undefined : { merge, before });
}

async function resolveNamed(context: Context, name: string, commit: CommitId): Promise<Result<Change>> {
  const { repo, mainlines } = context;
  const label = name === 'HEAD' || /^[0-9a-f]{7,}$/.test(name) ? short(commit) : name;
  const parents = await parentsOf(repo, commit);
  if (!parents.ok) return parents;
  const full = await runGit(repo.topLevel, ['rev-parse', '--symbolic-full-name', '--end-of-options', name], {
    codes: [0, 128],
  });
  if (!full.ok) return full;
  const isBranch = name === 'HEAD' || /^refs\/(?:heads|remotes|pull)\//.test(line(full.value).split('\n').at(-1) ?? '');
  if (isBranch) {
    let held = false;
    for (const tip of mainlines) {
      const found = await isAncestor(repo, commit, tip);
      if (!found.ok) return found;
      held ||= found.value;
    }
    if (!held && mainlines.length > 0) return resolveTip(context, await branchLabel(repo, name, label), commit);
  }
  return resolveCommitAlone(repo, label, commit);
}

/** What a person calls HEAD: the branch that it is on. */
async function branchLabel(repo: Repository, name: string, label: string): Promise<string> {
  if (name !== 'HEAD') return label;
  const branch = await runGit(repo.topLevel, ['symbolic-ref', '--quiet', '--short', 'HEAD'], { codes: [0, 1] });
  return branch.ok && branch.value.code === 0 ? line(branch.value) : label;
}

/** A merge brings in its second parent; any other commit is a change by itself. */
async function resolveCommitAlone(repo: Repository, label: string, commit: CommitId): Promise<Result<Change>> {
  const parents = await parentsOf(repo, commit);
  if (!parents.ok) return parents;
  const [first, second, ...more] = parents.value;
  if (first === undefined) {
    return fail(noBase(repo, `${short(commit)} is the first commit: there is nothing before it that could be B`));
  }
  if (second === undefined) {
    return ok({ label, title: await subjectOf(repo, commit), base: first, head: commit, notes: [] });
  }
  const notes =
    more.length === 0 ? [] : [`${short(commit)} merges ${more.length + 1} branches; its second parent is judged`];
  return between(repo, label, first, second, await mergedTitle(repo, commit), notes);
}

async function titleOf(repo: Repository, base: CommitId, head: CommitId): Promise<string> {
  const subject = await subjectOf(repo, head);
  const counted = await runGit(repo.topLevel, ['rev-list', '--count', '--no-merges', `${base}..${head}`]);
  const more = counted.ok ? Number(line(counted.value)) - 1 : 0;
  return more > 0 ? `${subject} (and ${more} more ${more === 1 ? 'commit' : 'commits'})` : subject;
}

async function subjectOf(repo: Repository, commit: CommitId): Promise<string> {
  const found = await runGit(repo.topLevel, ['log', '-1', '--format=%s', commit]);
  return found.ok ? line(found.value) : '';
}

/** The forge writes the title of a pull request as the first line of the merge's body. */
async function mergedTitle(repo: Repository, merge: CommitId): Promise<string> {
  const found = await runGit(repo.topLevel, ['log', '-1', '--format=%s%n%b', merge]);
  if (!found.ok) return '';
  const [subject = '', ...body] = line(found.value).split('\n');
  const first = body.find((text) => text.trim() !== '')?.trim();
  return /^Merge (?:pull request|branch|remote-tracking branch) /.test(subject) && first !== undefined
    ? first
    : subject;
}

function unknownNumber(repo: Repository, number: string): Failure {
  return {
    reason: 'commit-unknown',
    what: `there is no pull request ${number} in ${repo.topLevel}: neither a pull ref nor a commit of the mainline names it`,
    next: `git fetch origin pull/${number}/head:refs/pull/${number}/head, then once more`,
    exit: EXIT.usage,
  };
}

function noBase(repo: Repository, what: string): Failure {
  return {
    reason: 'corners-invalid',
    what,
    next: repo.shallow
      ? 'This is a shallow clone: run `git fetch --unshallow`.'
      : 'Name both ends: `redfirst pr BASE..HEAD`.',
    exit: EXIT.usage,
  };
}
