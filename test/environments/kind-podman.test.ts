import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/environment/provider.ts';
import { sweepToken } from '../../src/process/process-group.ts';
import { kindProfile, leftInPodman, privateState, whyNoKind } from './kind-lab.ts';
import { type Provisioned, provisionProfile } from './provisioned.ts';

const CLUSTER = 'redfirst-test-podman';
const NODE = `${CLUSTER}-control-plane`;
const PLAIN = { ...(await kindProfile('kind-plain', CLUSTER)), engine: 'podman' } as const;
const OBSTACLE = whyNoKind(PLAIN);
const MINUTES = 60_000;
/** Podman calls them `localhost/…`; pods do not. */
const IMAGES = [`${CLUSTER}-one:1`, `${CLUSTER}-two:1`];

const podman = (...args: string[]): string => execFileSync('podman', args, { encoding: 'utf8' }).trim();
const networks = (): string[] => podman('network', 'ls', '--format', '{{.Name}}').split('\n').sort();

let state: ReturnType<typeof privateState>;
beforeEach((ctx) => ctx.skip(OBSTACLE !== undefined, OBSTACLE ?? ''));
beforeAll(() => {
  state = privateState();
});
afterAll(() => state.remove());

describe('kind on Podman that is interrupted', () => {
  it.each<[string, () => boolean]>([
    ['once the volume of its node is there', () => leftInPodman(CLUSTER).length > 0],
    ['once its node is there', () => leftInPodman(CLUSTER).includes(NODE)],
    ['once its node runs', () => spawnSync('podman', ['exec', NODE, 'test', '-d', '/run/systemd/system']).status === 0],
  ])(
    'leaves nothing %s',
    async (_, reached) => {
      const [before, interrupt] = [networks(), new AbortController()];
      let made = false;
      const making = provisionProfile(PLAIN, interrupt.signal).finally(() => {
        made = true;
      });
      while (!made && !reached()) await sleep(20);
      interrupt.abort();
      const provisioned = await making;
      expect(provisioned.result.ok).toBe(false);
      await provisioned.cleanUp();
      provisioned.remove();
      expect(leftInPodman(CLUSTER)).toEqual([]);
      expect(networks()).toEqual(before);
    },
    5 * MINUTES,
  );
});

describe('a kind cluster on Podman', () => {
  let provisioned: Provisioned;
  let environment: Environment;
  let before: string[];

  beforeAll(async () => {
    if (OBSTACLE !== undefined) return;
    before = networks();
    const dir = mkdtempSync(join(tmpdir(), 'rf-image-'));
    for (const image of IMAGES) {
      writeFileSync(join(dir, 'name'), image);
      execFileSync('tar', ['--create', '--file', join(dir, 'root.tar'), '--directory', dir, 'name']);
      podman('import', '--quiet', join(dir, 'root.tar'), image);
    }
    rmSync(dir, { recursive: true });
    provisioned = await provisionProfile({ ...PLAIN, images: IMAGES });
    if (!provisioned.result.ok)
      throw new Error(`${provisioned.result.failure.what} ${provisioned.result.failure.next}`);
    environment = provisioned.result.value;
  }, 10 * MINUTES);

  afterAll(async () => {
    if (OBSTACLE !== undefined) return;
    await provisioned.cleanUp();
    provisioned.remove();
    podman('image', 'rm', '--force', ...IMAGES);
  }, 5 * MINUTES);

  it('has the grade that its nodes give it, and says what it runs on', () => {
    const { identity } = environment;
    expect(identity).toMatchObject({ provider: 'kind', grade: ['api', 'cluster'], findings: [] });
    expect(identity.facts).toMatchObject({
      'kind.cluster': CLUSTER,
      'kind.engine': `podman ${podman('info', '--format', '{{.Version.Version}}')}`,
      'kind.node.image': PLAIN.image,
      'kind.node.image.id': `sha256:${podman('image', 'inspect', '--format', '{{.Id}}', PLAIN.image)}`,
      'kubernetes.nodes': '1',
    });
  });

  it('gives an attempt a namespace of its own, and takes it away with all in it', async () => {
    const place = await environment.openAttempt?.('e2e-1');
    const { KUBECONFIG = '', REDFIRST_KUBECTL = '' } = environment.suiteVariables();
    const namespace = place?.variables['REDFIRST_NAMESPACE'] ?? '';
    const kubectl = (...args: string[]) =>
      spawnSync(REDFIRST_KUBECTL, ['--kubeconfig', KUBECONFIG, ...args], { encoding: 'utf8' });
    const made = kubectl('create', 'configmap', 'something', '--namespace', namespace, '--from-literal=a=b');
    expect(made).toMatchObject({ status: 0 });
    await place?.close();
    expect(kubectl('get', 'namespace', namespace).stderr).toMatch(/not found/i);
  });

  it('has every image, by the name that pods ask for and with the id that Podman gives it', () => {
    const { images } = JSON.parse(podman('exec', NODE, 'crictl', 'images', '--output', 'json')) as {
      images: { id: string; repoTags: string[] }[];
    };
    const ids = IMAGES.map((image) => `sha256:${podman('image', 'inspect', '--format', '{{.Id}}', image)}`);
    expect(new Set(ids).size).toBe(IMAGES.length);
    for (const [index, image] of IMAGES.entries())
      expect(images.find(({ repoTags }) => repoTags.includes(`docker.io/library/${image}`))?.id).toBe(ids[index]);
  });

  it(
    'is healthy, and tells a node that is paused from one that runs',
    async () => {
      expect(await environment.health()).toEqual({ healthy: true });
      podman('pause', NODE);
      expect(await environment.health()).toMatchObject({ healthy: false });
      podman('unpause', NODE);
      await expect.poll(() => environment.health(), { timeout: MINUTES, interval: 1000 }).toEqual({ healthy: true });
    },
    3 * MINUTES,
  );

  it('lets the name server of all containers live when the processes of the run are ended', async (ctx) => {
    const servers = (): string => spawnSync('pgrep', ['-x', 'aardvark-dns'], { encoding: 'utf8' }).stdout;
    const running = servers();
    ctx.skip(running === '', 'this Podman has no aardvark-dns');
    await sweepToken(provisioned.token);
    expect(servers()).toBe(running);
  });

  it(
    'leaves nothing behind',
    async () => {
      await provisioned.cleanUp();
      expect(leftInPodman(CLUSTER)).toEqual([]);
      expect(networks()).toEqual(before);
      expect(readdirSync(join(state.dir, 'redfirst', 'clusters'))).toEqual([]);
    },
    5 * MINUTES,
  );
});
