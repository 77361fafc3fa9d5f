import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import type { SystemSource } from '../../../src/domain/scenario.ts';
import { prepareSystem } from '../../../src/environment/build-system.ts';
import { failureIn, valueIn } from './cluster-fixtures.ts';

const COMMIT = 'c0ffee'.padEnd(40, '0') as CommitId;
let root: string;
let said: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rf-build-'));
  for (const folder of ['tree', 'private']) mkdirSync(join(root, folder));
  said = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function build(script: string, more: Partial<Extract<SystemSource, { build: object }>['build']> = {}): SystemSource {
  return { build: { run: ['sh', '-c', script], images: [], manifests: [], wait: [], deadlineMs: 20_000, ...more } };
}
const prepare = (
  source: SystemSource | undefined,
  phase: 'red' | 'green' = 'red',
  signal = new AbortController().signal,
) =>
  prepareSystem(source, phase, {
    worktree: join(root, 'tree'),
    commit: COMMIT,
    dir: join(root, 'private'),
    env: { PATH: process.env['PATH'] ?? '', MINE: 'yes' },
    signal,
    progress: (what) => said.push(what),
  });

describe('prepareSystem', () => {
  it('has nothing to do without one', async () => {
    expect(valueIn(await prepare(undefined))).toBeUndefined();
    expect(said).toEqual([]);
  });

  it('is a name of each phase', async () => {
    const source: SystemSource = { named: { red: 'base', green: 'head' } };
    expect(valueIn(await prepare(source, 'red'))).toBe('base');
    expect(valueIn(await prepare(source, 'green'))).toBe('head');
  });

  it('builds in the worktree, with what a build is told; {commit} stands for the corner', async () => {
    const wait = [{ resource: 'deployment/op', condition: 'Available' }];
    const script = 'echo "$PWD $REDFIRST_COMMIT $REDFIRST_PHASE $MINE" > "$REDFIRST_BUILD/op.yaml"';
    const source = build(script, {
      images: ['localhost/op:{commit}', '{commit}/{commit}', 'plain:1'],
      manifests: ['op.yaml'],
      wait,
    });
    const manifest = join(root, 'private/build/op.yaml');
    expect(valueIn(await prepare(source, 'green'))).toEqual({
      name: 'build',
      images: [`localhost/op:${COMMIT}`, `${COMMIT}/${COMMIT}`, 'plain:1'],
      manifests: [manifest],
      wait,
    });
    expect(readFileSync(manifest, 'utf8').trim()).toBe(`${join(root, 'tree')} ${COMMIT} green yes`);
    expect(said).toEqual([`build of the system under test: sh -c ${script}`]);
  });

  it('is given an empty folder each time', async () => {
    valueIn(await prepare(build('touch "$REDFIRST_BUILD/old"')));
    valueIn(await prepare(build('ls "$REDFIRST_BUILD" > ls.txt')));
    expect(readFileSync(join(root, 'tree/ls.txt'), 'utf8')).toBe('');
  });

  it('shows the end of what a failing build said, and how to run it by hand', async () => {
    const failure = failureIn(await prepare(build('seq 1 5000 >&2; echo "Makefile:3: no rule" >&2; exit 2')));
    expect(failure).toMatchObject({ reason: 'setup-command-failed', exit: 3 });
    expect(failure.what).toMatch(/^the build of the system under test ended with .*2.*Makefile:3: no rule$/s);
    expect(failure.what).not.toContain('\n1\n');
    expect(failure.what.length).toBeLessThan(2400);
    expect(failure.next).toContain(COMMIT);
  });

  it('shows nothing where it said nothing, and what it wrote to its output where only that is there', async () => {
    expect(failureIn(await prepare(build('exit 3'))).what).toMatch(/`sh -c exit 3`$/);
    expect(failureIn(await prepare(build('echo "ERROR: no base image"; exit 1'))).what).toMatch(
      /ERROR: no base image$/,
    );
  });

  it('does not break a letter of many bytes that the tail begins in', async () => {
    const failure = failureIn(await prepare(build("printf 'é%.0s' $(seq 1 3000) >&2; printf x >&2; exit 1")));
    expect(failure.what).not.toContain('\uFFFD');
  });

  it('ends at its deadline, and when it is interrupted', async () => {
    expect(failureIn(await prepare(build('sleep 100', { deadlineMs: 200 }))).what).toMatch(
      /deadline|timed? ?out|within/i,
    );
    const stop = new AbortController();
    const building = prepare(build('touch began; sleep 100'), 'red', stop.signal);
    while (!existsSync(join(root, 'tree/began'))) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort('SIGINT');
    expect(failureIn(await building)).toMatchObject({ reason: 'interrupted', exit: 130 });
  });

  it('is no crash where its program is not there', async () => {
    const source: SystemSource = {
      build: { run: ['/no/such/program'], images: [], manifests: [], wait: [], deadlineMs: 1000 },
    };
    expect(failureIn(await prepare(source)).reason).toBe('setup-command-failed');
  });

  it('fails where a manifest that it was to write is not there', async () => {
    const failure = failureIn(await prepare(build('true', { manifests: ['op.yaml'] })));
    expect(failure).toMatchObject({ reason: 'setup-command-failed' });
    expect(failure.what).toBe(
      'the build of the system under test did not write op.yaml into $REDFIRST_BUILD: `sh -c true`',
    );
  });
});
