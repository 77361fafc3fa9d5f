import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { describeEnd } from '../domain/process-end.ts';
import { captureProcess } from '../process/run-process.ts';

/** What a git command may be told beside its arguments. */
export interface GitOptions {
  readonly input?: string | Uint8Array;
  /** Added to the fixed environment: a temporary index, an author. */
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are answers; 0 unless named. */
  readonly codes?: readonly number[];
  readonly deadlineMs?: number;
  readonly maxBytes?: number;
  /** Further `-c name=value` settings. */
  readonly config?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface GitOutput {
  readonly code: number;
  readonly stdout: Buffer;
}

const DEADLINE_MS = 120_000;

/**
 * Variables of the caller that git gets. `GIT_DIR`, `GIT_INDEX_FILE` and the like are left out on purpose: inside a hook they
 * name another repository than the one that was asked about. HOME, XDG_CONFIG_HOME and the three GIT_CONFIG_… stay, and the
 * system configuration is read, because `safe.directory` counts only there; every setting that could change an answer is
 * overridden by `SETTINGS` instead.
 */
const PASSED = ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'];

const FIXED = {
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  // A path is a path: no `:(glob)`, no `*`.
  GIT_LITERAL_PATHSPECS: '1',
  // `git replace` makes an object name stand for another content; evidence names what is really there.
  GIT_NO_REPLACE_OBJECTS: '1',
  // Large files stay pointers: a smudge filter may go to the network. A set-up step can fetch them.
  GIT_LFS_SKIP_SMUDGE: '1',
};

const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.splitIndex=false',
  'core.quotePath=true',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  'diff.suppressBlankEmpty=false',
  'i18n.commitEncoding=UTF-8',
  'i18n.logOutputEncoding=UTF-8',
  'log.showSignature=false',
  'status.showUntrackedFiles=all',
  'submodule.recurse=false',
  'trailer.separators=:',
];

/** The environment of every git process. */
export function gitEnvironment(caller: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const env: Record<string, string> = { ...FIXED };
  for (const name of PASSED) {
    const value = caller[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/**
 * Runs git in `cwd`, without hooks, prompts, pagers or the caller's `GIT_…` variables.
 *
 * @returns the exit code and stdout as bytes; `git-failed` for any exit code that is not in `codes`, `tool-missing` where there
 *   is no git, `interrupted` when `signal` stopped it.
 */
export async function runGit(
  cwd: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<Result<GitOutput>> {
  const settings = [...SETTINGS, ...(options.config ?? [])].flatMap((setting) => ['-c', setting]);
  const { end, stdout, stderr } = await captureProcess({
    argv: ['git', ...settings, ...args],
    cwd,
    env: { ...gitEnvironment(), ...options.env },
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (end.cause === 'exited' && (options.codes ?? [0]).includes(end.code)) return ok({ code: end.code, stdout });
  if (end.cause === 'cancelled') return fail(interrupted(`git ${args[0]}`));
  if (end.cause === 'spawn-failed' && /ENOENT/.test(end.message)) return fail(gitMissing(cwd));
  const said = stderr.trim();
  return fail({
    reason: 'git-failed',
    what: `\`git ${args.slice(0, 3).join(' ')}\` failed in ${cwd} (${describeEnd(end)})${said === '' ? '' : `: ${said}`}`,
    next: 'Run the command by hand there; `git fsck` tells whether the repository is damaged.',
    exit: EXIT.environment,
  });
}

/** The failure of something that the caller's signal stopped. */
export function interrupted(what: string): Failure {
  return {
    reason: 'interrupted',
    what: `${what} was cancelled`,
    next: 'Run the command again.',
    exit: EXIT.interrupted,
  };
}

function gitMissing(cwd: string): Failure {
  return {
    reason: 'tool-missing',
    what: `git could not be started in ${cwd}: there is no such program on PATH, or no such folder`,
    next: 'Install git 2.34 or later.',
    exit: EXIT.environment,
  };
}

/** Git's text output without the one newline that ends it; a newline inside a path survives. */
export function line(output: GitOutput): string {
  return output.stdout.toString('utf8').replace(/\n$/, '');
}

/** The fields of a `-z` output, as bytes. */
export function nulFields(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, from)) {
    fields.push(bytes.subarray(from, at));
    from = at + 1;
  }
  if (from < bytes.length) fields.push(bytes.subarray(from));
  return fields;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A path as text; undefined when its bytes are not UTF-8 (see `escapePath`). */
export function decodePath(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A path for a person: printable ASCII as it is, every other byte as `\xNN`. Not a path any more. */
export function escapePath(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}
