import { describe, expect, it } from 'vitest';
import type { Sha256 } from '../../../../src/domain/brand.ts';
import { type ClusterRecord, MARK_DESTINATION } from '../../../../src/environment/kind/cluster-record.ts';
import type { NodeContainer } from '../../../../src/environment/kind/container-engine.ts';
import { judgeCluster } from '../../../../src/environment/kind/foresee-kind.ts';
import { kindProfile } from './kind-profile.ts';

const FOLDER = { path: '/state/redfirst/clusters/redfirst-lab' };
const DIGEST = 'd1' as Sha256;
const RECORD: ClusterRecord = {
  ...{ v: 1, cluster: 'redfirst-lab', profile: 'lab', digest: DIGEST, engine: 'docker', phase: 'ready' },
  ...{ mark: 'mark-1', madeAtMs: 0, token: 't', system: '', origin: 'created' },
};
const NODE: NodeContainer = {
  ...{ id: '1', name: 'redfirst-lab-control-plane', role: 'control-plane', state: 'running' },
  ...{ imageId: '', image: '', startedAt: '' },
  mounts: [{ source: `${FOLDER.path}/mark-1`, destination: MARK_DESTINATION }],
};

async function judge(
  nodes: readonly NodeContainer[],
  record: ClusterRecord | undefined = RECORD,
  digest = DIGEST,
  more = '',
  system = '',
) {
  return judgeCluster(await kindProfile(more), nodes, record, FOLDER, digest, system);
}

describe('what stands in the way of using a cluster as it is', () => {
  it('nothing, where it is up and fits', async () => {
    expect(await judge([NODE])).toBeUndefined();
  });

  it('it is not up: what making it takes is said, and how to try it', async () => {
    const more = 'workers: 1\nimages: [a, b]\nkubevirt: { version: v1.9.0 }\naddons: [{ name: cdi, manifests: [x] }]';
    expect(await judge([], undefined, DIGEST, more)).toEqual({
      severity: 'note',
      what: 'cluster redfirst-lab is not up',
      next: '`redfirst cluster up lab` makes it (2 nodes of kindest/node:v1.36.1, 2 images loaded, KubeVirt v1.9.0, add-on cdi); `redfirst doctor --provision lab` does so, and removes it again',
    });
  });

  it('nothing, where the system under test that is wanted is in it; without it, or with another, what deploys it', async () => {
    expect(await judge([NODE], { ...RECORD, system: 's' }, DIGEST, '', 's')).toBeUndefined();
    for (const there of ['', 'other'])
      expect(await judge([NODE], { ...RECORD, system: there }, DIGEST, '', 's')).toMatchObject({
        what: 'cluster redfirst-lab has another system under test in it',
        next: '`redfirst cluster up lab` with `--system` deploys that in its place',
      });
  });

  it('a record alone is no cluster', async () => {
    expect(await judge([])).toMatchObject({ what: 'cluster redfirst-lab is not up' });
  });

  it.each([
    ['one that somebody else made', [{ ...NODE, mounts: [] }], RECORD],
    [
      'one of another account of this machine',
      [{ ...NODE, mounts: [{ source: '/home/x/mark-1', destination: MARK_DESTINATION }] }],
      RECORD,
    ],
  ])('%s: an error, since nothing may be done about it', async (_, nodes, record) => {
    expect(await judge(nodes, record)).toEqual({
      severity: 'error',
      what: 'there is a cluster redfirst-lab that redfirst did not make (redfirst-lab-control-plane); it is left as it is',
      next: 'name another cluster in the profile (`cluster`), or remove that one yourself: kind delete cluster --name NAME',
    });
  });

  it.each([
    ['half made', RECORD, 'it was half made: whoever made it did not finish', { phase: 'creating' as const }],
    [
      'of an older profile',
      RECORD,
      'the profile, a manifest or an image has changed since it was made',
      { digest: 'd0' as Sha256 },
    ],
    ['with other nodes than were recorded', RECORD, 'it is not whole', { mark: 'mark-2' }],
  ])('one that is %s would be made anew', async (_, record, why, change) => {
    expect(await judge([NODE], { ...record, ...change })).toEqual({
      severity: 'note',
      what: `cluster redfirst-lab cannot be used as it is: ${why}`,
      next: '`redfirst cluster up lab` removes it and makes it anew; `redfirst cluster down lab` removes it',
    });
  });

  it.each([
    ['that is not finished', [NODE], { phase: 'deploying' as const }, 'not all is deployed in it yet', 'does the rest'],
    ['with another system in it', [NODE], { system: 's' }, 'another system under test', 'in its place'],
    [
      'whose node stands still',
      [{ ...NODE, state: 'exited' }],
      {},
      'redfirst-lab-control-plane (exited)',
      'starts them',
    ],
  ])('one %s', async (_, nodes, change, what, next) => {
    const found = await judge(nodes, { ...RECORD, ...change });
    expect(found?.severity).toBe('note');
    expect(found?.what).toContain(what);
    expect(found?.next).toContain(next);
  });
});
