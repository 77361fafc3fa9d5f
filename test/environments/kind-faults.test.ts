import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type ClusterLab, clusterObstacle, createClusterLab, docker, NOTHING, nodesOf } from '../faults/cluster-lab.ts';

/** Three of the cluster faults; `npm run test:soak` has them all. */
const OBSTACLE = await clusterObstacle('kind-plain');
let lab: ClusterLab | undefined;
afterEach(() => {
  lab?.remove();
  lab = undefined;
});

it('a gate in both lists is refused where it stands, and nothing is made', async () => {
  const both = '  emulation: auto\n  featureGates: [Snapshot]\n  disabledFeatureGates: [Snapshot]';
  const edit = (text: string): string => text.replace('  emulation: auto', both);
  lab = createClusterLab({ profile: 'kind-kubevirt', name: 'rfgate', edit });
  for (const args of [
    ['cluster', 'up', 'kind-kubevirt'],
    ['red', 'thing'],
  ]) {
    const { exit, stdout, stderr } = await lab.run(...args);
    expect({ exit, said: `${stdout}${stderr}` }).toEqual({
      exit: 2,
      said: expect.stringContaining('a gate stands in featureGates and in disabledFeatureGates'),
    });
  }
  expect(existsSync(join(lab.dir, '.local'))).toBe(false);
});

it('a cluster of the same name that somebody else made is left as it is', { timeout: 180_000 }, async (context) => {
  context.skip(OBSTACLE !== undefined, OBSTACLE);
  lab = createClusterLab({ profile: 'kind-plain', name: 'rfforeign' });
  const labels = [`io.x-k8s.kind.cluster=${lab.cluster}`, 'io.x-k8s.kind.role=control-plane'];
  const { image } = lab;
  docker(
    'run',
    '--detach',
    '--name',
    lab.node,
    ...labels.flatMap((label) => ['--label', label]),
    '--entrypoint',
    'sleep',
    image,
    'infinity',
  );
  try {
    const state = (): string =>
      docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}} {{.State.Status}}', lab?.node ?? '');
    const before = state();
    for (const args of [
      ['cluster', 'up', 'kind-plain'],
      ['cluster', 'down', 'kind-plain'],
      ['red', 'thing'],
    ]) {
      const { exit, stdout, stderr } = await lab.run(...args);
      expect({ exit, said: `${stdout}${stderr}` }).toEqual({
        exit: 3,
        said: expect.stringContaining(`there is a cluster ${lab.cluster} that redfirst did not make`),
      });
    }
    expect(state()).toBe(before);
    expect(lab.left('')).toEqual(NOTHING);
  } finally {
    docker('rm', '--force', '--volumes', lab.node);
  }
});

it('kind create ended by kill -9: the next `cluster up` makes it whole, and `down` leaves nothing', {
  timeout: 900_000,
}, async (context) => {
  context.skip(OBSTACLE !== undefined, OBSTACLE);
  lab = createClusterLab({ profile: 'kind-plain', name: 'rfkilled' });
  const up = lab.start('cluster', 'up', 'kind-plain');
  while (nodesOf(lab.cluster).length === 0) await sleep(100);
  const token = readdirSync(lab.temporary)[0]?.slice('rf-'.length) ?? '';
  up.child.kill('SIGKILL');
  await up.ended;
  const again = await lab.ask('cluster', 'up', 'kind-plain');
  expect({ exit: again.exit, how: again.document?.how, left: lab.left(token) }).toEqual({
    exit: 0,
    how: 'created',
    left: NOTHING,
  });
  expect(await lab.takeDown()).toEqual({ exit: 0, left: [] });
});
