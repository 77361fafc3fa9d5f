import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/environment/provider.ts';
import { kindProfile, leftOf, privateState, whyNoKind } from './kind-lab.ts';
import { type Provisioned, provisionProfile } from './provisioned.ts';

const CLUSTER = 'redfirst-test-plain';
const PROFILE = await kindProfile('kind-plain', CLUSTER);
const OBSTACLE = whyNoKind(PROFILE);
const MINUTES = 60_000;

describe('a kind cluster without KubeVirt', () => {
  beforeEach((ctx) => ctx.skip(OBSTACLE !== undefined, OBSTACLE ?? ''));
  let state: ReturnType<typeof privateState>;
  let provisioned: Provisioned;
  let environment: Environment;

  const kubectl = (...args: string[]): string => {
    const { KUBECONFIG = '', REDFIRST_KUBECTL = '' } = environment.suiteVariables();
    return execFileSync(REDFIRST_KUBECTL, ['--kubeconfig', KUBECONFIG, ...args], { encoding: 'utf8' });
  };

  beforeAll(async () => {
    if (OBSTACLE !== undefined) return;
    state = privateState();
    provisioned = await provisionProfile(PROFILE);
    if (!provisioned.result.ok)
      throw new Error(`${provisioned.result.failure.what} ${provisioned.result.failure.next}`);
    environment = provisioned.result.value;
  }, 10 * MINUTES);

  afterAll(async () => {
    if (OBSTACLE !== undefined) return;
    await provisioned.cleanUp();
    provisioned.remove();
    state.remove();
  }, 5 * MINUTES);

  it('has the grade that its nodes give it, and says exactly what it is', () => {
    const { identity } = environment;
    expect(identity).toMatchObject({ provider: 'kind', grade: ['api', 'cluster'], findings: [] });
    expect(identity.facts).toMatchObject({
      'kind.cluster': CLUSTER,
      'kind.node.image': PROFILE.image,
      'kind.node.image.id': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      'kind.origin': 'created',
      'kubernetes.version': expect.stringMatching(/^v1\.\d+\.\d+/),
      'kubernetes.nodes': '1',
      'node.runtime': expect.stringMatching(/^containerd:/),
    });
  });

  it('gives an attempt a namespace of its own, and takes it away with all in it', async () => {
    const place = await environment.openAttempt?.('e2e-1');
    expect(place?.health).toEqual({ healthy: true });
    const namespace = place?.variables['REDFIRST_NAMESPACE'] ?? '';
    kubectl('create', 'configmap', 'something', '--namespace', namespace, '--from-literal=a=b');
    await place?.close();
    expect(() => kubectl('get', 'namespace', namespace)).toThrow(/not found/i);
  });

  it('is healthy before, during and after, and its reset removes what was left', async () => {
    expect(await environment.health()).toEqual({ healthy: true });
    const watch = environment.watch();
    const place = await environment.openAttempt?.('contract-1');
    expect(await watch.stop()).toEqual({ healthy: true });
    await environment.reset();
    expect(() => kubectl('get', 'namespace', place?.variables['REDFIRST_NAMESPACE'] ?? '')).toThrow(/not found/i);
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it(
    'names an image that cannot be pulled as the likely cause',
    async () => {
      const place = await environment.openAttempt?.('e2e-2');
      const namespace = place?.variables['REDFIRST_NAMESPACE'] ?? '';
      kubectl('run', 'broken', '--namespace', namespace, '--image=redfirst.invalid/nothing:1');
      await expect
        .poll(() => kubectl('get', 'pods', '--namespace', namespace, '--output=jsonpath={..state.waiting.reason}'), {
          timeout: 2 * MINUTES,
          interval: 1000,
        })
        .toMatch(/ImagePull/);
      const files = await environment.diagnose();
      const cause = Object.entries(files).find(([, name]) => name === 'cluster/likely-cause.txt')?.[0] ?? '';
      expect(readFileSync(cause, 'utf8')).toMatch(
        /^image pull: redfirst\.invalid\/nothing:1 of .*\/broken \(container broken\)/,
      );
      expect(Object.values(files)).toEqual(
        expect.arrayContaining([
          'cluster/pods.txt',
          'cluster/events.txt',
          `cluster/nodes/${CLUSTER}-control-plane/journal.log`,
        ]),
      );
      await place?.close();
    },
    5 * MINUTES,
  );

  it(
    'tells an API server that was gone for a while from one that is well',
    async () => {
      const watch = environment.watch();
      const node = `${CLUSTER}-control-plane`;
      // The kubelet runs what lies in this folder: a container that is only stopped is back within two seconds.
      const [manifest, aside] = ['/etc/kubernetes/manifests/kube-apiserver.yaml', '/root/kube-apiserver.yaml'];
      execFileSync('docker', ['exec', node, 'mv', manifest, aside]);
      const { KUBECONFIG = '', REDFIRST_KUBECTL = '' } = environment.suiteVariables();
      const silent = (): boolean => {
        try {
          execFileSync(
            REDFIRST_KUBECTL,
            ['--kubeconfig', KUBECONFIG, 'get', '--raw', '/readyz', '--request-timeout=3s'],
            { stdio: 'ignore' },
          );
          return false;
        } catch {
          return true;
        }
      };
      await expect.poll(silent, { timeout: MINUTES, interval: 200 }).toBe(true);
      // The witness looks every two seconds and believes the second silence.
      await new Promise((resolve) => setTimeout(resolve, 6000));
      expect(await watch.stop()).toMatchObject({
        healthy: false,
        reason: expect.stringMatching(/the API server does not answer/),
      });
      execFileSync('docker', ['exec', node, 'mv', aside, manifest]);
      await expect.poll(silent, { timeout: 3 * MINUTES, interval: 1000 }).toBe(false);
      await expect
        .poll(() => environment.health(), { timeout: 2 * MINUTES, interval: 2000 })
        .toEqual({ healthy: true });
    },
    8 * MINUTES,
  );

  it(
    'leaves nothing behind',
    async () => {
      await provisioned.cleanUp();
      expect(leftOf(CLUSTER)).toEqual([]);
      expect(
        existsSync(state.dir)
          ? readdirSync(`${state.dir}/redfirst/clusters`).filter((name) => name.startsWith(CLUSTER))
          : [],
      ).toEqual([]);
    },
    5 * MINUTES,
  );
});
