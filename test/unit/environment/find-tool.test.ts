import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findTool,
  inspectTool,
  KUBECTL_VERSION,
  missingTool,
  readGitVersion,
  readKindVersion,
  toolFolder,
  VIRTCTL_VERSION,
} from '../../../src/environment/find-tool.ts';
import { failureIn, recorded, valueIn } from './cluster-fixtures.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-tool-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('what tools say of themselves', () => {
  it('is read from what they really print', () => {
    expect(readKindVersion(recorded('kind/version.txt'))).toBe('v0.33.0');
    expect(readGitVersion(recorded('kubectl/version.json'))).toBe('v1.36.2');
    expect(readGitVersion(recorded('virtctl/version.txt'))).toBe('v1.9.0');
  });

  it.each(['', 'kind', 'unknown command "version"', '{}', 'Client Version: version.Info{}'])('is not in %j', (text) => {
    expect(readKindVersion(text)).toBeUndefined();
    expect(readGitVersion(text)).toBeUndefined();
  });

  it('is asked for without a cluster', () => {
    expect([KUBECTL_VERSION, VIRTCTL_VERSION].every((args) => args.includes('--client'))).toBe(true);
  });
});

describe('findTool', () => {
  it('looks on PATH before the folder that doctor fills', () => {
    const env = { PATH: join(dir, 'bin'), XDG_DATA_HOME: join(dir, 'data') };
    expect(findTool('kind', env)).toBeUndefined();
    const downloaded = program(join(toolFolder(env), 'kind'), '');
    expect(findTool('kind', env)).toBe(downloaded);
    const installed = program(join(dir, 'bin', 'kind'), '');
    expect(findTool('kind', env)).toBe(installed);
    expect(findTool(downloaded, env)).toBe(downloaded);
  });

  it('keeps tools of different machines apart in one home', () => {
    const folder = toolFolder({ HOME: '/h' });
    expect(folder).toBe(`/h/.local/share/redfirst/tools/${process.platform}-${process.arch}`);
    expect(toolFolder({ HOME: '/h', XDG_DATA_HOME: '/d' })).toBe(folder.replace('/h/.local/share', '/d'));
  });

  it('is told how it can be had', () => {
    expect(missingTool('kind')).toMatchObject({ reason: 'tool-missing', what: 'kind is not on this machine', exit: 3 });
  });
});

describe('inspectTool', () => {
  const inspect = (name: string) => inspectTool(name, ['version'], readKindVersion);

  it('tells path and version', async () => {
    const path = program(join(dir, 'kind'), 'test "$1" = version && echo "kind v0.40.1 go1.30 linux/amd64"');
    expect(valueIn(await inspect(path))).toEqual({ path, version: 'v0.40.1' });
  });

  it.each([
    ['that is for another machine', 'echo "exec format error" >&2; exit 126', 'exec format error'],
    ['that says nothing', 'exit 5', '5'],
    ['that says something else', 'echo hello', 'exit'],
    ['that says its version and fails', 'echo "kind v1.0.0"; echo "no config" >&2; exit 1', 'no config'],
  ])('does not take one %s', async (_, script, why) => {
    const path = program(join(dir, 'kind'), script);
    const failure = failureIn(await inspect(path));
    expect(failure.reason).toBe('tool-missing');
    expect(failure.what.startsWith(`${path} does not tell its version: `)).toBe(true);
    expect(failure.what).toContain(why);
  });

  it('tells that there is none', async () => {
    expect(failureIn(await inspect(join(dir, 'none'))).what).toBe(`${join(dir, 'none')} is not on this machine`);
  });
});
