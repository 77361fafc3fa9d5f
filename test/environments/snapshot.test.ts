import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { awaitReady } from '../../src/environment/kind/await-ready.ts';
import { bringUp, type UpCluster } from '../../src/environment/kind/bring-up.ts';
import type { ContainerEngine } from '../../src/environment/kind/container-engine.ts';
import { removeCluster } from '../../src/environment/kind/create-cluster.ts';
import { discardSnapshot } from '../../src/environment/kind/remove-snapshot.ts';
import { listSnapshots, MANIFEST } from '../../src/environment/kind/snapshot-store.ts';
import { type TakenSnapshot, takeSnapshot } from '../../src/environment/kind/take-snapshot.ts';
import { unfitForSnapshot } from '../../src/environment/kind/unfit-for-snapshot.ts';
import { kindProfile, leftOf, privateState, whyNoKind } from './kind-lab.ts';
import { type OpenContext, openContext } from './open-context.ts';

const CLUSTER = 'redfirst-test-snapshot';
const PROFILE = await kindProfile('kind-plain', CLUSTER);
const MINUTES = 60_000;

/** Everything under one cluster, in order: from nothing, kept, gone, restored, restored from broken files. */
describe('a snapshot of a kind cluster', () => {
  const obstacle = PROFILE.engine === 'podman' ? 'snapshots are made with Docker only' : whyNoKind(PROFILE);
  beforeEach((ctx) => ctx.skip(obstacle !== undefined, obstacle ?? ''));
  let state: ReturnType<typeof privateState>;
  let cache: string;
  let taken: TakenSnapshot;
  let engine: ContainerEngine | undefined;
  const cacheBefore = process.env['XDG_CACHE_HOME'];
  const contexts: OpenContext[] = [];

  const up = async (): Promise<UpCluster> => {
    const opened = openContext();
    contexts.push(opened);
    const cluster = await bringUp(PROFILE, opened.context);
    if (!cluster.ok) throw new Error(`${cluster.failure.what} ${cluster.failure.next}`);
    return cluster.value;
  };
  const letGo = async (): Promise<void> => {
    for (const opened of contexts.splice(0)) await opened.close();
  };
  const down = async ({ engine, folder }: UpCluster): Promise<void> => {
    await letGo();
    const removed = await removeCluster(engine, CLUSTER, folder);
    if (!removed.ok) throw new Error(removed.failure.what);
  };
  const kubectl = ({ folder }: UpCluster, ...args: string[]): string =>
    execFileSync(PROFILE.tools.kubectl, ['--kubeconfig', folder.kubeconfig, ...args], { encoding: 'utf8' });

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    state = privateState();
    cache = mkdtempSync(join(tmpdir(), 'rf-cache-'));
    process.env['XDG_CACHE_HOME'] = cache;
    const cluster = await up();
    kubectl(cluster, 'create', 'namespace', 'kept');
    kubectl(cluster, 'create', 'configmap', 'kept', '--namespace=kept', '--from-literal=a=b');
    const { folder, record, nodes, opened } = cluster;
    engine = cluster.engine;
    const fit = await unfitForSnapshot(engine, nodes, opened.api);
    if (!fit.ok) throw new Error(fit.failure.what);
    const { versions } = fit.value;
    const progress = (): void => undefined;
    const nodeImageId = nodes[0]?.imageId ?? '';
    const result = await takeSnapshot({ engine, folder, record, nodes, nodeImageId, versions, progress });
    if (!result.ok) throw new Error(result.failure.what);
    taken = result.value;
    const last = contexts.at(-1);
    const again = last === undefined ? undefined : await awaitReady(PROFILE, opened, last.context, taken.awakening);
    if (again?.ok !== true) throw new Error('the cluster did not come up again after its snapshot');
    expect(kubectl(cluster, 'get', 'configmap', 'kept', '--namespace=kept', '--output=jsonpath={.data.a}')).toBe('b');
    await down(cluster);
  }, 15 * MINUTES);

  afterAll(async () => {
    if (obstacle !== undefined) return;
    await letGo();
    if (engine !== undefined) for (const snapshot of listSnapshots()) await discardSnapshot(engine, snapshot);
    rmSync(cache, { recursive: true, force: true });
    if (cacheBefore === undefined) Reflect.deleteProperty(process.env, 'XDG_CACHE_HOME');
    else process.env['XDG_CACHE_HOME'] = cacheBefore;
    state.remove();
    expect(leftOf(CLUSTER)).toEqual([]);
  }, 10 * MINUTES);

  it(
    'is restored with what was in it, under the name and the labels that kind knows it by, and says so',
    async () => {
      const cluster = await up();
      expect(cluster).toMatchObject({ how: 'restored', record: { origin: 'restored', phase: 'ready' } });
      expect(kubectl(cluster, 'get', 'configmap', 'kept', '--namespace=kept', '--output=jsonpath={.data.a}')).toBe('b');
      expect(execFileSync(PROFILE.kind, ['get', 'nodes', '--name', CLUSTER], { encoding: 'utf8' }).trim()).toBe(
        `${CLUSTER}-control-plane`,
      );
      // The image that the evidence names is the node image, not the one that the engine keeps for the snapshot.
      expect(cluster.record.nodeImageId).toBe(taken.manifest.nodeImageId);
      // Pods can be reached through the kubelet: it has the address that its node has now.
      kubectl(cluster, 'logs', '--namespace=kube-system', '--selector=k8s-app=kube-proxy', '--tail=1');
      await down(cluster);
      expect(leftOf(CLUSTER)).toEqual([]);
    },
    10 * MINUTES,
  );

  it(
    'leaves its volume to nobody: kind removes a restored cluster whole',
    async () => {
      const cluster = await up();
      await letGo();
      const volume = (): string =>
        execFileSync(
          'docker',
          [
            'inspect',
            '--format',
            '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}{{end}}{{end}}',
            `${CLUSTER}-control-plane`,
          ],
          { encoding: 'utf8' },
        ).trim();
      const name = volume();
      execFileSync(PROFILE.kind, ['delete', 'cluster', '--name', CLUSTER, '--kubeconfig', cluster.folder.kubeconfig], {
        stdio: 'ignore',
      });
      expect(() => execFileSync('docker', ['volume', 'inspect', name], { stdio: 'ignore' })).toThrow();
    },
    10 * MINUTES,
  );

  it(
    'is not used once a file of it is not what was written; the cluster is made from nothing, and says why',
    async () => {
      // As if the archive had changed: it can be restored, and is found out by its checksum while the cluster starts.
      const path = join(taken.dir, MANIFEST);
      const manifest = readFileSync(path, 'utf8');
      writeFileSync(path, manifest.replaceAll(/"sha256": "[0-9a-f]{8}/g, '"sha256": "00000000'));
      const cluster = await up();
      expect(cluster).toMatchObject({ how: 'created', record: { origin: 'created' } });
      expect(cluster.findings.map(({ what }) => what).join('\n')).toMatch(
        /the snapshot was not used: .* is not what was written/,
      );
      await down(cluster);
    },
    10 * MINUTES,
  );
});
