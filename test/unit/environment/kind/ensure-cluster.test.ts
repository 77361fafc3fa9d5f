import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sha256 } from '../../../../src/domain/brand.ts';
import { fail, ok } from '../../../../src/domain/failure.ts';
import { type ClusterFolder, clusterFolder } from '../../../../src/environment/kind/cluster-record.ts';
import { type ContainerEngine, engineFailure } from '../../../../src/environment/kind/container-engine.ts';
import { ensureCluster } from '../../../../src/environment/kind/ensure-cluster.ts';
import { failureIn, KIND, RECORD, valueIn } from '../cluster-fixtures.ts';

interface Fake {
  readonly name: string;
  state: string;
  readonly mark?: string;
}

let base: string;
let folder: ClusterFolder;
let containers: Fake[];
let asked: string[];
const undos: (() => Promise<void>)[] = [];
const said: string[] = [];
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'rf-ensure-'));
  folder = clusterFolder(KIND.cluster, base);
  containers = [];
  asked = [];
});
afterEach(() => {
  undos.length = 0;
  said.length = 0;
  rmSync(base, { recursive: true, force: true });
});

/** An engine that knows the containers of this test, and does with them what it is told. */
const engine: ContainerEngine = {
  name: 'docker',
  version: '27',
  env: { PATH: process.env['PATH'] ?? '' },
  run: async ([verb = '', ...rest]) => {
    asked.push([verb, ...rest.slice(0, 2)].join(' '));
    const last = rest.at(-1) ?? '';
    if (verb === 'ps') return ok(containers.map(({ name }) => name).join('\n'));
    if (verb === 'inspect') return ok(JSON.stringify(containers.map(inspected)));
    if (verb === 'rm') containers = [];
    if (verb === 'network') return fail(engineFailure('no such network'));
    if (verb === 'start' || verb === 'unpause')
      for (const one of containers) if (one.name === last) one.state = 'running';
    return ok('');
  },
};

function inspected({ name, state, mark }: Fake): object {
  const Mounts = mark === undefined ? [] : [{ Source: mark, Destination: '/kind/redfirst' }];
  const Config = { Image: KIND.image, Labels: { 'io.x-k8s.kind.role': 'control-plane' } };
  return { Id: name, Name: `/${name}`, Image: 'sha256:1', Config, State: { Status: state }, Mounts };
}

/** In place of kind: notes what it was called with. */
function kindThat(does: string): string {
  const path = join(base, 'kind');
  writeFileSync(path, `#!/bin/sh\necho "$*" > ${base}/kind.args\n${does}\n`);
  chmodSync(path, 0o755);
  return path;
}

const ensure = async (digest = 'd1', does = 'exit 0', on = engine) =>
  ensureCluster({
    profile: KIND,
    digest: digest as Sha256,
    tool: { path: kindThat(does), engine: on, signal: new AbortController().signal, token: 'no-such-token' },
    folder,
    fresh: false,
    context: {
      keep: false,
      token: 'no-such-token',
      signal: new AbortController().signal,
      progress: (what) => said.push(what),
      onCleanup: (_, undo) => undos.push(undo),
    },
  });

/** A cluster of ours as a run before left it. */
function left(more: Partial<typeof RECORD> = {}, state = 'running'): void {
  const mark = folder.makeMark();
  folder.write({ ...RECORD, mark, ...more });
  containers = [{ name: 'redfirst-lab-control-plane', state, mark: folder.markPath(mark) }];
}

describe('ensureCluster', () => {
  it('makes a cluster where there is none: record first, then kind with a kubeconfig of its own', async () => {
    const made = valueIn(await ensure());
    expect(made).toMatchObject({ how: 'created', notes: [], record: { phase: 'deploying', digest: 'd1', system: '' } });
    expect(folder.read()).toEqual(made.record);
    expect(readFileSync(join(base, 'kind.args'), 'utf8').trim()).toBe(
      `create cluster --name redfirst-lab --config ${folder.path}/kind.yaml --kubeconfig ${folder.kubeconfig}`,
    );
    const config = readFileSync(join(folder.path, 'kind.yaml'), 'utf8');
    expect(config).toContain(`hostPath: ${folder.markPath(made.record.mark)}\n`);
  });

  it('takes it down with the run that made it, unless it is settled', async () => {
    const made = valueIn(await ensure());
    containers = [{ name: 'n', state: 'running' }];
    made.settle();
    for (const undo of undos) await undo();
    expect(containers).toHaveLength(1);
    expect(folder.read()).toBeDefined();
    folder.remove();
    containers = [];
    valueIn(await ensure());
    for (const undo of undos.slice(1)) await undo();
    expect(folder.read()).toBeUndefined();
  });

  it('uses one again that is ready and of the same digest, and does not take that down', async () => {
    left();
    const found = valueIn(await ensure());
    expect(found).toMatchObject({ how: 'reused', notes: [] });
    expect(found.nodes.map(({ name }) => name)).toEqual(['redfirst-lab-control-plane']);
    expect(undos).toEqual([]);
    expect(existsSync(join(base, 'kind.args'))).toBe(false);
  });

  it('goes on where a crash left it between kind and ready', async () => {
    left({ phase: 'deploying' });
    expect(valueIn(await ensure()).how).toBe('resumed');
  });

  it.each([
    ['paused', 'unpause'],
    ['exited', 'start'],
  ])('wakes a node that is %s', async (state, verb) => {
    left({}, state);
    const found = valueIn(await ensure());
    expect(found.notes).toEqual(['node redfirst-lab-control-plane was not running, and was started']);
    expect(asked).toContain(`${verb} redfirst-lab-control-plane`);
  });

  it.each<[string, () => void, string]>([
    [
      'of another digest',
      () => left({ digest: 'd0' as Sha256 }),
      'the profile, a manifest or an image has changed since it was made',
    ],
    ['that is half made', () => left({ phase: 'creating' }), 'it was half made: whoever made it did not finish'],
  ])('removes one %s, says why, and makes it anew', async (_, before, why) => {
    before();
    const made = valueIn(await ensure());
    expect(made).toMatchObject({ how: 'created', notes: [why] });
    expect(said[0]).toBe(`cluster redfirst-lab to be removed (${why})`);
    expect(asked.some((one) => one.startsWith('rm --force --volumes'))).toBe(true);
  });

  it('restores or makes anew what was only half restored, and goes on with what was ready once', async () => {
    left({ phase: 'deploying', origin: 'restored' });
    const made = valueIn(await ensure());
    expect(made).toMatchObject({ how: 'created', notes: [expect.stringContaining('half restored')] });
    left({ phase: 'deploying', origin: 'restored', readyAtMs: 1 });
    expect(valueIn(await ensure())).toMatchObject({ how: 'resumed', notes: [] });
  });

  it('leaves a foreign cluster alone, whatever our record says', async () => {
    left();
    containers = [{ name: 'redfirst-lab-control-plane', state: 'exited' }];
    const failure = failureIn(await ensure('d2'));
    expect(failure.what).toBe(
      'there is a cluster redfirst-lab that redfirst did not make (redfirst-lab-control-plane); it is left as it is',
    );
    expect(asked.map((one) => one.split(' ')[0])).toEqual(['ps', 'inspect']);
    expect(containers).toHaveLength(1);
  });

  it('removes what kind left of a cluster before its first node', async () => {
    folder.write({ ...RECORD, phase: 'creating' });
    const network = join(base, 'network-docker.mark');
    writeFileSync(network, '');
    valueIn(await ensure());
    expect(asked).toContain('network rm kind');
  });

  describe('a cluster that was made with the other engine', () => {
    /** In place of Podman: has one node until it is told to remove it. */
    function podmanThat(mark: string, answers = true): void {
      const node = inspected({ name: 'redfirst-lab-control-plane', state: 'running', mark });
      writeFileSync(join(base, 'node.json'), JSON.stringify([node]));
      const script = `#!/bin/sh
echo "$*" >> ${base}/podman.calls
case "$1" in
info) ${answers ? 'echo 5.2.0' : 'echo "no runtime" >&2; exit 125'} ;;
ps) [ -e ${base}/removed ] || echo abc ;;
inspect) cat ${base}/node.json ;;
rm) touch ${base}/removed ;;
esac
`;
      writeFileSync(join(base, 'podman'), script);
      chmodSync(join(base, 'podman'), 0o755);
    }
    const ensureBeside = () => ensure('d1', 'exit 0', { ...engine, env: { PATH: `${base}:/bin` } });

    it('is removed there, and made anew here', async () => {
      left({ engine: 'podman' });
      podmanThat(containers[0]?.mark ?? '');
      containers = [];
      const made = valueIn(await ensureBeside());
      expect(made).toMatchObject({ how: 'created', record: { engine: 'docker' } });
      expect(made.notes).toEqual(['it was made with podman, and docker is used now']);
      expect(readFileSync(join(base, 'podman.calls'), 'utf8')).toContain('rm --force --volumes --time 0');
    });

    it('is not forgotten while that one does not answer', async () => {
      left({ engine: 'podman' });
      podmanThat(containers[0]?.mark ?? '', false);
      containers = [];
      expect(failureIn(await ensureBeside()).what).toMatch(
        /^cluster redfirst-lab was made with podman, which does not answer: .*no runtime/,
      );
      expect(folder.read()).toMatchObject({ engine: 'podman' });
    });

    it('is in nobody’s way where somebody else made it', async () => {
      left({ engine: 'podman' });
      podmanThat('/somewhere/else');
      containers = [];
      expect(valueIn(await ensureBeside())).toMatchObject({ how: 'created', notes: [] });
      expect(existsSync(join(base, 'removed'))).toBe(false);
    });
  });

  it('says in kind’s words why it could not, and leaves nothing', async () => {
    const words =
      'printf "Creating cluster ...\\n \\342\\234\\227 Preparing nodes\\nERROR: failed to create cluster: port is taken\\n" >&2; exit 1';
    const failure = failureIn(await ensure('d1', words));
    expect(failure.what).toBe('kind create cluster failed: ERROR: failed to create cluster: port is taken');
    for (const undo of undos) await undo();
    expect(existsSync(folder.path)).toBe(false);
  });
});
