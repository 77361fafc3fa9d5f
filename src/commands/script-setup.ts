import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { CommitId } from '../domain/brand.ts';
import type { SetupStep } from '../domain/scenario.ts';
import type { Repository } from '../git/open-repository.ts';
import { listFolder } from '../git/read-blobs.ts';
import { readTreeFile } from '../git/tree-files.ts';
import type { TargetPlan } from '../plan/plan-corners.ts';

const INSTALL_DEADLINE_MS = 1_200_000;

/** Lock files at the root, and what makes node_modules of each. */
const INSTALLERS: readonly (readonly [lock: string, run: readonly string[]])[] = [
  ['package-lock.json', ['npm', 'ci', '--no-audit', '--no-fund']],
  ['npm-shrinkwrap.json', ['npm', 'ci', '--no-audit', '--no-fund']],
  ['pnpm-lock.yaml', ['pnpm', 'install', '--frozen-lockfile']],
  ['yarn.lock', ['yarn', 'install', '--frozen-lockfile']],
];

/**
 * The set-up of test files of TypeScript and JavaScript: dependencies by the lock file at the root, cached by its content and that
 * of every package.json. Nothing where no such target is, or where the manifest names no dependency. Python runs in the
 * interpreter of the caller, and Go needs none.
 */
export function setupForScripts(
  repo: Repository,
  targets: readonly TargetPlan[],
): (commit: CommitId) => Promise<readonly SetupStep[]> {
  const known = new Map<CommitId, readonly SetupStep[]>();
  if (!targets.some(({ runner }) => runner === 'vitest' || runner === 'node-test')) return () => Promise.resolve([]);
  return async (commit) => {
    const steps = known.get(commit) ?? (await findSteps(repo, commit));
    known.set(commit, steps);
    return steps;
  };
}

async function findSteps(repo: Repository, commit: CommitId): Promise<readonly SetupStep[]> {
  const listed = await listFolder(repo, commit, '.', true);
  if (!listed.ok) return [];
  const files = listed.value.map(({ path }) => path);
  const manifest = await readTreeFile(repo, commit, 'package.json');
  if (manifest === undefined || !/"(?:dev|peer|optional)?[dD]ependencies"\s*:\s*\{\s*"/.test(manifest)) return [];
  const installer = INSTALLERS.find(([lock]) => files.includes(lock));
  const [lock, run] = installer ?? [undefined, ['npm', 'install', '--no-audit', '--no-fund', '--no-package-lock']];
  const manifests = files.filter((path) => /(?:^|\/)package\.json$/.test(path) && !/(?:^|\/)node_modules\//.test(path));
  const isWorkspace = /"workspaces"\s*:/.test(manifest) || files.includes('pnpm-workspace.yaml');
  const inputs = [...(lock === undefined ? [] : [lock]), ...(isWorkspace ? manifests : ['package.json'])];
  const extra = ['.npmrc', '.yarnrc.yml', 'pnpm-workspace.yaml'].filter((path) => files.includes(path));
  const outputs = ['node_modules'];
  return [
    {
      name: 'dependencies',
      run: throughCorepack(run, process.env['PATH'] ?? ''),
      inputs: [...inputs, ...extra],
      outputs,
      deadlineMs: INSTALL_DEADLINE_MS,
    },
  ];
}

/** The command as it is, or, where its program is not on PATH and corepack is, through corepack, which brings pnpm and yarn. */
export function throughCorepack(run: readonly string[], path: string): readonly string[] {
  const [program] = run;
  const isThere = (name: string): boolean => path.split(delimiter).some((folder) => isExecutable(join(folder, name)));
  if ((program !== 'pnpm' && program !== 'yarn') || isThere(program) || !isThere('corepack')) return run;
  return ['corepack', ...run];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
