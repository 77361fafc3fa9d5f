import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { probeVmi } from '../../src/environment/kubevirt/probe-vmi.ts';
import type { Environment } from '../../src/environment/provider.ts';
import { kindProfile, leftOf, privateState, whyNoKind } from './kind-lab.ts';
import { type Provisioned, provisionProfile } from './provisioned.ts';

const CLUSTER = 'redfirst-test-kubevirt';
const PROFILE = await kindProfile('kind-kubevirt', CLUSTER);
const OBSTACLE = whyNoKind(PROFILE);
const MINUTES = 60_000;
/** Of KubeVirt 1.9; off unless it is switched on. */
const GATE = 'ReservedOverheadMemlock';

describe('a kind cluster with KubeVirt', () => {
  beforeEach((ctx) => ctx.skip(OBSTACLE !== undefined, OBSTACLE ?? ''));
  let state: ReturnType<typeof privateState>;
  let provisioned: Provisioned;
  let environment: Environment;

  const kubectl = (args: readonly string[], input?: string): string => {
    const { KUBECONFIG = '', REDFIRST_KUBECTL = '' } = environment.suiteVariables();
    return execFileSync(REDFIRST_KUBECTL, ['--kubeconfig', KUBECONFIG, ...args], { encoding: 'utf8', input });
  };
  const launcherIn = (namespace: string): string =>
    kubectl([
      'get',
      'pods',
      '-n',
      namespace,
      '-l',
      'kubevirt.io=virt-launcher',
      '--output=jsonpath={.items[0].metadata.name}',
    ]);
  const startGuest = async (namespace: string): Promise<string> => {
    kubectl(['create', '-n', namespace, '--filename=-'], JSON.stringify(probeVmi('own')));
    let launcher = '';
    const console_ = (): string => {
      try {
        launcher = launcherIn(namespace);
        return kubectl(['logs', '-n', namespace, launcher, '-c', 'guest-console-log']);
      } catch {
        return '';
      }
    };
    await expect.poll(console_, { timeout: 5 * MINUTES, interval: 1000 }).toMatch(/^beat 2\r?$/m);
    return launcher;
  };

  beforeAll(async () => {
    if (OBSTACLE !== undefined) return;
    state = privateState();
    provisioned = await provisionProfile(PROFILE);
    if (!provisioned.result.ok) throw new Error(JSON.stringify(provisioned.result.failure, null, 1));
    environment = provisioned.result.value;
  }, 30 * MINUTES);

  afterAll(async () => {
    if (OBSTACLE !== undefined) return;
    await provisioned.cleanUp();
    provisioned.remove();
    state.remove();
    expect(leftOf(CLUSTER)).toEqual([]);
  }, 5 * MINUTES);

  it('earned the grade virt by a guest that booted, and says what that ran on', () => {
    const { identity } = environment;
    expect(identity.grade).toEqual(['api', 'cluster', 'virt', 'vmm']);
    expect(identity.facts).toMatchObject({
      accelerator: expect.stringMatching(/^(kvm|tcg)$/),
      'qemu.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
      'libvirt.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
      'qemu.machine': expect.stringMatching(/^pc-q35-/),
      'kubevirt.version': PROFILE.kubevirt?.version,
      'kubevirt.deployment': expect.stringMatching(/^[0-9a-f]{40}$/),
      'kubevirt.gates.enabled': '',
      'kubevirt.image.virt-handler': expect.stringMatching(/sha256:[0-9a-f]{64}$/),
    });
  });

  it(
    'switches a gate without a restart, tells suites, and a reset takes it back',
    async () => {
      const before = await environment.gates?.components();
      const enabled = (): string =>
        kubectl([
          'get',
          'kubevirt',
          '-n',
          'kubevirt',
          '--output=jsonpath={.items[0].spec.configuration.developerConfiguration.featureGates}',
        ]);
      expect(await environment.gates?.set(GATE, 'on')).toEqual({ ok: true, value: undefined });
      expect(enabled()).toContain(GATE);
      expect(environment.suiteVariables()['REDFIRST_GATE']).toBe('on');
      expect(await environment.gates?.components()).toEqual(before);
      await environment.reset();
      expect(enabled()).not.toContain(GATE);
      expect(environment.suiteVariables()).not.toHaveProperty('REDFIRST_GATE');
    },
    10 * MINUTES,
  );

  it(
    'keeps a guest’s domain, console and launcher when it is asked for a diagnosis',
    async () => {
      const place = await environment.openAttempt?.('e2e-1');
      const namespace = place?.variables['REDFIRST_NAMESPACE'] ?? '';
      const launcher = await startGuest(namespace);
      const files = await environment.diagnose();
      const find = (name: string): string =>
        readFileSync(Object.entries(files).find(([, one]) => one === name)?.[0] ?? '', 'utf8');
      expect(find(`cluster/domains/${namespace}_redfirst-probe.xml`)).toMatch(/<domain type='(kvm|qemu)'/);
      expect(find(`cluster/logs/${launcher}/guest-console-log.log`)).toMatch(/REDFIRST-GUEST-READY/);
      expect(find('cluster/vmis.json')).toContain('"redfirst-probe"');
      await place?.close();
      expect(() => kubectl(['get', 'namespace', namespace])).toThrow(/not found/i);
    },
    15 * MINUTES,
  );

  it(
    'sees a launcher that was killed, and not one that was deleted',
    async () => {
      const watch = environment.watch();
      const place = await environment.openAttempt?.('e2e-2');
      const namespace = place?.variables['REDFIRST_NAMESPACE'] ?? '';
      await startGuest(namespace);
      kubectl(['delete', 'vmi', '-n', namespace, 'redfirst-probe']);
      expect(await watch.stop()).toEqual({ healthy: true });

      const window = environment.watch();
      const launcher = await startGuest(namespace);
      const { nodeName, id } = findContainer(namespace, launcher);
      const pid = execFileSync(
        'docker',
        ['exec', nodeName, 'crictl', 'inspect', '--output=go-template', '--template={{.info.pid}}', id],
        { encoding: 'utf8' },
      ).trim();
      execFileSync('docker', ['exec', nodeName, 'kill', '-KILL', pid]);
      await expect
        .poll(() => kubectl(['get', 'vmi', '-n', namespace, 'redfirst-probe', '--output=jsonpath={.status.phase}']), {
          timeout: 5 * MINUTES,
          interval: 1000,
        })
        .toBe('Failed');
      expect(await window.stop()).toMatchObject({ healthy: false, reason: expect.stringContaining(launcher) });
      await place?.close();
    },
    20 * MINUTES,
  );

  function findContainer(namespace: string, pod: string): { nodeName: string; id: string } {
    const output = '--output=jsonpath={.spec.nodeName} {.status.containerStatuses[?(@.name=="compute")].containerID}';
    const [nodeName = '', id = ''] = kubectl(['get', 'pod', '-n', namespace, pod, output]).split(' ');
    return { nodeName, id: id.replace('containerd://', '') };
  }
});
