import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ClusterLab,
  type ClusterLabOptions,
  clusterObstacle,
  createClusterLab,
  docker,
  NOTHING,
  nodesOf,
  volumesOf,
} from '../faults/cluster-lab.ts';
import { momentOf } from '../faults/kill-rounds.ts';

const OBSTACLE = await clusterObstacle('kind-plain');
const KUBEVIRT_OBSTACLE = await clusterObstacle('kind-kubevirt');
let lab: ClusterLab | undefined;
beforeEach((context) => context.skip(OBSTACLE !== undefined, OBSTACLE));
afterEach(async () => {
  await lab?.takeDown();
  lab?.remove();
  lab = undefined;
}, 5 * 60_000);

function makeLab(options: Partial<ClusterLabOptions> = {}): ClusterLab {
  lab = createClusterLab({ profile: 'kind-plain', name: 'rfmaking', ...options });
  return lab;
}

async function untilNode({ cluster }: ClusterLab): Promise<string> {
  for (;;) {
    const [id] = nodesOf(cluster);
    if (id !== undefined && isRunning(id)) return id;
    await sleep(100);
  }
}

/** Docker lists a container before it knows it by its id. */
function isRunning(id: string): boolean {
  const format = ['--format', '{{.State.Running}}'];
  return spawnSync('docker', ['inspect', ...format, id], { encoding: 'utf8' }).stdout.trim() === 'true';
}

/** Token of the only invocation that runs in the lab. */
function tokenOf({ temporary }: ClusterLab): string {
  return readdirSync(temporary)[0]?.slice('rf-'.length) ?? '';
}

function existing(volumes: readonly string[]): string[] {
  const all = new Set(docker('volume', 'ls', '--quiet').split('\n'));
  return volumes.filter((volume) => all.has(volume));
}

describe('kind create interrupted', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s: exit %i, and nothing is left', async (signal, exit) => {
    const at = makeLab();
    const up = at.start('cluster', 'up', 'kind-plain');
    const volumes = volumesOf(await untilNode(at));
    const token = tokenOf(at);
    up.child.kill(signal);
    const ended = await up.ended;
    expect({ exit: ended.exit, left: at.left(token), nodes: nodesOf(at.cluster), volumes: existing(volumes) }).toEqual({
      ...{ exit, left: NOTHING, nodes: [], volumes: [] },
    });
    expect(ended.stderr).not.toContain('clean-up failed');
    expect(await at.takeDown()).toEqual({ exit: 0, left: [] });
  });

  it('by kill -9: the next `cluster up` removes what was half made, kind among it, and makes it whole', async () => {
    const at = makeLab();
    const up = at.start('cluster', 'up', 'kind-plain');
    const volumes = volumesOf(await untilNode(at));
    const token = tokenOf(at);
    up.child.kill('SIGKILL');
    await up.ended;
    const again = await at.ask('cluster', 'up', 'kind-plain');
    expect({ exit: again.exit, how: again.document?.how, volumes: existing(volumes) }).toEqual({
      ...{ exit: 0, how: 'created', volumes: [] },
    });
    expect(at.left(token)).toEqual(NOTHING);
    expect(await at.takeDown()).toEqual({ exit: 0, left: [] });
  });

  it('by kill -9 of a red run that made it: the next run ends what is left, and starts over', async () => {
    const at = makeLab();
    const red = at.start('red', 'thing');
    await untilNode(at);
    const token = tokenOf(at);
    red.child.kill('SIGKILL');
    await red.ended;
    const again = await at.ask('red', 'thing', '--attempts', '1');
    expect({ exit: again.exit, code: again.document.verdict.code }).toEqual({ exit: 0, code: 'red/valid' });
    expect(at.left(token)).toEqual(NOTHING);
    expect(nodesOf(at.cluster)).toEqual([]);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)('by %s at random moments: `cluster down` leaves nothing', async (signal) => {
    const at = makeLab();
    const seed = process.env['REDFIRST_SOAK_SEED'] ?? String(Date.now());
    for (let round = 0; round < 6; round++) {
      const up = at.start('cluster', 'up', 'kind-plain');
      await Promise.race([sleep(momentOf(seed, round) * 10_000), up.ended]);
      const token = tokenOf(at);
      up.child.kill(signal);
      await up.ended;
      const down = await at.takeDown();
      // What the engine was asked for may come late.
      await sleep(3000);
      expect({ seed, round, ...down, nodes: nodesOf(at.cluster), run: at.left(token) }).toEqual({
        ...{ seed, round, exit: 0, left: [], nodes: [], run: NOTHING },
      });
    }
  });

  it('by kill -9, and only `cluster down` follows: nothing is left', async () => {
    const at = makeLab();
    const up = at.start('cluster', 'up', 'kind-plain');
    const volumes = volumesOf(await untilNode(at));
    const token = tokenOf(at);
    up.child.kill('SIGKILL');
    await up.ended;
    expect(await at.takeDown()).toEqual({ exit: 0, left: [] });
    expect({ left: at.left(token), volumes: existing(volumes) }).toEqual({ left: NOTHING, volumes: [] });
  });
});

it('a cluster that a run made for itself goes with it, although its node is paused', async () => {
  const at = makeLab({ after: `try { kubectl(['get', 'pods']); } catch {}` });
  const run = await at.untilHeld('red', 'thing', '--attempts', '1', '--json');
  const volumes = volumesOf(nodesOf(at.cluster)[0] ?? '');
  docker('pause', at.node);
  at.letGo();
  const { exit, stdout, stderr } = await run.ended;
  expect({ exit, code: JSON.parse(stdout).verdict.code }).toEqual({ exit: 3, code: 'infrastructure' });
  expect(stderr).not.toContain('clean-up failed');
  expect({ nodes: nodesOf(at.cluster), volumes: existing(volumes), left: at.left(run.token) }).toEqual({
    ...{ nodes: [], volumes: [], left: NOTHING },
  });
  expect(await at.takeDown()).toEqual({ exit: 0, left: [] });
});

it('a cluster of the same name that kind made for somebody else is left as it is', async () => {
  const at = makeLab();
  const kubeconfig = join(at.dir, 'theirs');
  const config = join(at.dir, 'theirs.yaml');
  writeFileSync(
    config,
    'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatches:\n- |\n  kind: KubeletConfiguration\n  failCgroupV1: false\n',
  );
  const kind = (...args: string[]): string =>
    execFileSync('kind', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  kind('create', 'cluster', '--name', at.cluster, '--image', at.image, '--config', config, '--kubeconfig', kubeconfig);
  try {
    const before = docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}} {{.State.Status}}', at.node);
    const up = await at.run('cluster', 'up', 'kind-plain');
    const down = await at.run('cluster', 'down', 'kind-plain');
    const red = await at.run('red', 'thing');
    expect([up.exit, down.exit, red.exit]).toEqual([3, 3, 3]);
    for (const { stdout, stderr } of [up, down, red])
      expect(`${stdout}${stderr}`).toContain(`there is a cluster ${at.cluster} that redfirst did not make`);
    expect(docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}} {{.State.Status}}', at.node)).toBe(before);
    expect(
      execFileSync('kubectl', [`--kubeconfig=${kubeconfig}`, 'get', 'nodes', '--output=name'], { encoding: 'utf8' }),
    ).toContain(at.node);
  } finally {
    kind('delete', 'cluster', '--name', at.cluster, '--kubeconfig', kubeconfig);
  }
});

describe('an image is missing', () => {
  it('the node image: exit 3, named, and nothing is left', async () => {
    const at = makeLab({ edit: (text) => text.replace(/^image: .*$/m, 'image: redfirst.invalid/node:none') });
    const up = at.start('cluster', 'up', 'kind-plain');
    const { exit, stdout, stderr } = await up.ended;
    expect({ exit, left: at.left(''), nodes: nodesOf(at.cluster) }).toEqual({ exit: 3, left: NOTHING, nodes: [] });
    expect(`${stdout}${stderr}`).toContain('redfirst.invalid/node:none');
    expect(await at.takeDown()).toEqual({ exit: 0, left: [] });
  });

  it('one that the profile lists: the cluster is made, and it is named in a warning', async () => {
    const at = makeLab({ edit: (text) => `${text}images: [redfirst.invalid/guest:none]\n` });
    const up = await at.run('cluster', 'up', 'kind-plain');
    expect(up.exit).toBe(0);
    expect(up.stdout).toContain('redfirst.invalid/guest:none is neither in docker nor in the nodes');
  });
});

describe("the operator's manifest is broken", () => {
  beforeEach((context) => context.skip(KUBEVIRT_OBSTACLE !== undefined, KUBEVIRT_OBSTACLE));

  it.each([
    ['a file that is not there', null, 'there is no such file'],
    ['no YAML', 'kind: Deployment\n  spec: [\n', 'cannot be applied'],
    ['no Kubernetes object', 'hello: world\n', '`kind` is missing'],
  ])('%s: exit 2 before anything is made', async (_, text, said) => {
    const at = makeLab({
      profile: 'kind-kubevirt',
      edit: (profile) => profile.replace(/operator: .*/, 'operator: operator.yaml').replace(/^images: .*$/m, ''),
    });
    if (text !== null) writeFileSync(join(at.repo, 'operator.yaml'), text);
    const { exit, stdout, stderr } = await at.run('cluster', 'up', 'kind-kubevirt');
    expect({ exit, nodes: nodesOf(at.cluster), left: at.left('') }).toEqual({ exit: 2, nodes: [], left: NOTHING });
    expect(`${stdout}${stderr}`).toContain('operator.yaml');
    expect(`${stdout}${stderr}`).toContain(said);
  });

  it('an operator whose image nobody has: exit 3 long before the deadline, image and pod named, and nothing is left', async () => {
    const operator = { apiVersion: 'apps/v1', kind: 'Deployment' };
    const labels = { 'kubevirt.io': 'virt-operator' };
    const documents = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubevirt' } },
      {
        ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
        metadata: { name: 'kubevirts.kubevirt.io' },
        spec: {
          group: 'kubevirt.io',
          names: { kind: 'KubeVirt', plural: 'kubevirts', singular: 'kubevirt' },
          scope: 'Namespaced',
          versions: [
            {
              ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
              schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          ],
        },
      },
      {
        ...operator,
        metadata: { name: 'virt-operator', namespace: 'kubevirt' },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'virt-operator', image: 'redfirst.invalid/virt-operator:none' }] },
          },
        },
      },
    ];
    const at = makeLab({
      profile: 'kind-kubevirt',
      edit: (profile) =>
        profile
          .replace(/operator: .*/, 'operator: operator.yaml')
          .replace(/cr: .*/, '')
          .replace(/^images: .*$/m, ''),
    });
    writeFileSync(join(at.repo, 'operator.yaml'), documents.map((one) => JSON.stringify(one)).join('\n---\n'));
    const { exit, stdout, stderr } = await at.run('cluster', 'up', 'kind-kubevirt');
    expect({ exit, nodes: nodesOf(at.cluster), left: at.left('') }).toEqual({ exit: 3, nodes: [], left: NOTHING });
    expect(`${stdout}${stderr}`).toMatch(
      /image pull: redfirst\.invalid\/virt-operator:none of kubevirt\/virt-operator-/,
    );
    expect(await at.takeDown()).toEqual({ exit: 0, left: [] });
  });
});

it('a gate in both lists: exit 2 at the place where it stands, and nothing is made', async () => {
  const at = makeLab({
    profile: 'kind-kubevirt',
    edit: (text) =>
      text.replace(
        '  emulation: auto',
        '  emulation: auto\n  featureGates: [Snapshot]\n  disabledFeatureGates: [Snapshot]',
      ),
  });
  for (const args of [
    ['cluster', 'up', 'kind-kubevirt'],
    ['red', 'thing'],
  ]) {
    const { exit, stdout, stderr } = await at.run(...args);
    expect(exit).toBe(2);
    expect(`${stdout}${stderr}`).toContain('a gate stands in featureGates and in disabledFeatureGates');
  }
  expect(nodesOf(at.cluster)).toEqual([]);
  expect(existsSync(join(at.dir, '.local', 'state', 'redfirst', 'clusters', at.cluster))).toBe(false);
});
