import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Failure } from '../domain/failure.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import { describeEnd } from '../domain/process-end.ts';
import { captureProcess } from '../process/run-process.ts';
import { findExecutable } from './qemu-binary.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where `redfirst doctor --fix` puts tools; looked at after PATH. */
export function toolFolder(env: Env = process.env): string {
  const data = env['XDG_DATA_HOME'] ?? join(env['HOME'] ?? homedir(), '.local', 'share');
  return join(data, 'redfirst', 'tools', `${process.platform}-${process.arch}`);
}

/** Where controller-runtime looks for etcd and kube-apiserver when nothing is named; before the tool folder, and PATH is not asked. */
export const KUBEBUILDER_FOLDER = '/usr/local/kubebuilder/bin';

/** The absolute path of a tool that a profile names: on PATH, then in the tool folder. */
export function findTool(name: string, env: Env = process.env): string | undefined {
  return findExecutable(name, `${env['PATH'] ?? ''}${delimiter}${toolFolder(env)}`);
}

/** Begins what is said of a tool that is nowhere. */
export function absentTool(name: string): string {
  return `${name} is not on this machine`;
}

/** How to say that a tool is not there. */
export function missingTool(name: string): Failure {
  return {
    reason: 'tool-missing',
    what: absentTool(name),
    next: `install it, run \`redfirst doctor --fix\` where it can be downloaded, or name its path in the profile (\`${name}\`)`,
    exit: EXIT.environment,
  };
}

const ASK_DEADLINE_MS = 20_000;

/** Finds a tool and asks it for its version. @param read finds the version in what it printed. */
export async function inspectTool(
  name: string,
  args: readonly string[],
  read: (output: string) => string | undefined,
  signal?: AbortSignal,
): Promise<Result<{ readonly path: string; readonly version: string }>> {
  const path = findTool(name);
  if (path === undefined) return fail(missingTool(name));
  const { end, stdout, stderr } = await captureProcess({
    argv: [path, ...args],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' },
    deadlineMs: ASK_DEADLINE_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const version = read(stdout.toString('utf8'));
  if (end.cause === 'exited' && end.code === 0 && version !== undefined) return ok({ path, version });
  const words = stderr.trim().split('\n').at(-1) ?? '';
  return fail({
    reason: 'tool-missing',
    what: `${path} does not tell its version: ${words === '' ? describeEnd(end) : words}`,
    next: `see what \`${[path, ...args].join(' ')}\` says; name one that works in the profile`,
    exit: EXIT.environment,
  });
}

/** `kind v0.33.0 go1.26.5 linux/amd64`. */
export function readKindVersion(output: string): string | undefined {
  return /^kind (v\S+)/m.exec(output)?.[1];
}

/** `gitVersion` of `kubectl version --client -o json`, and of virtctl's line `GitVersion:"v1.9.0"`. */
export function readGitVersion(output: string): string | undefined {
  return /"?[gG]itVersion"?:\s*"([^"]+)"/.exec(output)?.[1];
}

export const KUBECTL_VERSION = ['version', '--client', '--output=json'];
export const VIRTCTL_VERSION = ['version', '--client'];
