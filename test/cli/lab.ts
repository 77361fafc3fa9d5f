import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The built program, as a person starts it. */
export const PROGRAM = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');

const HANGS_MS = 120_000;

/** Paths with their text; null removes one. */
export type Files = Readonly<Record<string, string | null>>;

export interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A repository of its own in a temporary folder, with a private home and cache. */
export interface Lab {
  readonly dir: string;
  readonly repo: string;
  /** Where the program's runtime folders lie; empty when none runs. */
  readonly temporary: string;
  readonly env: Readonly<Record<string, string>>;
  write(files: Files): void;
  commit(message: string, files: Files): string;
  git(...args: string[]): string;
  redfirst(...args: string[]): Ran;
  /** The same with more variables in its environment. */
  redfirstWith(more: Readonly<Record<string, string>>, ...args: string[]): Ran;
  /** Runs with `--json` and gives the document. */
  // biome-ignore lint/suspicious/noExplicitAny: a document is looked at member by member, with assertions on each.
  json(...args: string[]): { readonly exit: number | null; readonly document: any };
  remove(): void;
}

/** @param more variables of the program's environment. */
export function createLab(more: Readonly<Record<string, string>> = {}): Lab {
  const dir = mkdtempSync(join(tmpdir(), 'rf-lab-'));
  const repo = join(dir, 'repo');
  const temporary = join(dir, 't');
  for (const folder of [repo, temporary]) mkdirSync(folder);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    XDG_CACHE_HOME: join(dir, 'cache'),
    // Runtime folders lie here, so that one that is left behind is seen, whoever else runs redfirst on this machine.
    TMPDIR: temporary,
    NO_COLOR: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'A. Author',
    GIT_AUTHOR_EMAIL: 'author@example.invalid',
    GIT_COMMITTER_NAME: 'A. Author',
    GIT_COMMITTER_EMAIL: 'author@example.invalid',
    ...more,
  };
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: repo, env, encoding: 'utf8' }).trim();
  const write = (files: Files): void => {
    for (const [path, text] of Object.entries(files)) {
      const target = join(repo, path);
      if (text === null) rmSync(target, { force: true });
      else {
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, text);
      }
    }
  };
  const redfirstWith = (variables: Readonly<Record<string, string>>, ...args: string[]): Ran => {
    const ran = spawnSync(process.execPath, [PROGRAM, ...args], {
      cwd: repo,
      env: { ...env, ...variables },
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      // A test cannot be ended while it waits here: a program that hangs would hang them all.
      timeout: HANGS_MS,
      killSignal: 'SIGKILL',
    });
    return { exit: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  };
  const redfirst = (...args: string[]): Ran => redfirstWith({}, ...args);
  git('init', '--quiet', '--initial-branch=main');
  return {
    dir,
    repo,
    temporary,
    env,
    git,
    write,
    redfirst,
    redfirstWith,
    commit: (message, files) => {
      write(files);
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    json: (...args) => {
      const { exit, stdout, stderr } = redfirst(...args, '--json');
      try {
        return { exit, document: JSON.parse(stdout) };
      } catch (cause) {
        throw new Error(`no JSON from redfirst ${args.join(' ')} (exit ${exit}):\n${stdout}\n${stderr}`, { cause });
      }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
