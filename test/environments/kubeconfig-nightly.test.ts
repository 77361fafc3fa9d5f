import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KubeconfigProfile } from '../../src/domain/profile.ts';
import { probeVmi } from '../../src/environment/kubevirt/probe-vmi.ts';
import type { Environment } from '../../src/environment/provider.ts';
import { providerFor } from '../../src/environment/providers.ts';
import { processesWithToken } from '../../src/process/process-group.ts';
import { kubectlOf } from './envtest-assets.ts';
import { existingProfile } from './existing-cluster.ts';
import { kindProfile, leftOf, privateState, whyNoKind } from './kind-lab.ts';
import { type Provisioned, provisionProfile } from './provisioned.ts';

/** Provider `kubeconfig` on a cluster with a KubeVirt whose guests boot: somebody's nightly cluster, which kind stands in for. */
const CLUSTER = 'redfirst-test-nightly';
const PROFILE = await kindProfile('kind-kubevirt', CLUSTER);
const OBSTACLE = whyNoKind(PROFILE);
const MINUTES = 60_000;
/** Of KubeVirt 1.9; off unless it is switched on. */
const GATE = 'ReservedOverheadMemlock';
const ACCOUNT = 'system:serviceaccount:default:nightly';

let dir: string;
let home: string;
let state: ReturnType<typeof privateState>;
let owner: Provisioned;
/** The owner's file. */
let kubeconfig: string;
const open: Provisioned[] = [];

/** As the cluster's owner, who has a home of their own. */
function kubectl(args: readonly string[]): string {
  return execFileSync('kubectl', ['--cache-dir=/dev/null', `--kubeconfig=${kubeconfig}`, ...args], {
    encoding: 'utf8',
  }).trim();
}

function nightly(more: Partial<KubeconfigProfile> = {}): KubeconfigProfile {
  const { kubevirt, guests, tools } = PROFILE;
  return existingProfile(kubeconfig, {
    ...{ name: 'nightly', namespacePrefix: 'nightly', tools, guests },
    ...{
      probe: { guest: 'own', ready: 'REDFIRST-GUEST-READY', deadlineMs: 5 * MINUTES },
      readyDeadlineMs: 5 * MINUTES,
    },
    ...(kubevirt === undefined ? {} : { kubevirt }),
    ...more,
  });
}

async function provision(
  profile: KubeconfigProfile,
): Promise<{ readonly provisioned: Provisioned; readonly environment: Environment }> {
  const provisioned = await provisionProfile(profile);
  open.push(provisioned);
  if (!provisioned.result.ok) throw new Error(JSON.stringify(provisioned.result.failure, null, 1));
  return { provisioned, environment: provisioned.result.value };
}

/** What the cluster's owner would notice of a run that is over. Where gates were switched there and back, the generation counts it. */
function inventory(): Record<string, string> {
  const kinds = ['namespaces', 'crds', 'clusterroles', 'clusterrolebindings'];
  const names = (kind: string) => kubectl(['get', kind, '--output=name']);
  const kubevirt = (field: string) =>
    kubectl(['get', 'kubevirt.kubevirt.io', '--namespace=kubevirt', `--output=jsonpath={.items[0].${field}}`]);
  return {
    generation: kubevirt('metadata.generation'),
    kubevirt: kubevirt('spec'),
    guests: kubectl([
      'get',
      'vms,vmis,pods',
      '--all-namespaces',
      '--selector=kubevirt.io=virt-launcher',
      '--output=name',
    ]),
    ...Object.fromEntries(kinds.map((kind) => [kind, names(kind)])),
  };
}

/** Ends a run, and looks at what this machine keeps of it. */
async function end(provisioned: Provisioned): Promise<void> {
  expect(await provisioned.cleanUp()).toContain('namespaces of this run');
  expect(readdirSync(provisioned.runtimeDir)).toEqual([]);
  expect(processesWithToken(provisioned.token)).toEqual([]);
  expect(readdirSync(home)).toEqual([]);
}

/** Boots a guest as a suite does, with what a suite is given. @returns what its console says so far. */
async function bootGuest(environment: Environment, namespace: string): Promise<() => string> {
  const suite = kubectlOf(environment.suiteVariables());
  suite(['create', '--namespace', namespace, '--filename=-'], JSON.stringify(probeVmi('own')));
  const consoleOf = (): string => {
    const args = ['--selector=kubevirt.io=virt-launcher', '--container=guest-console-log', '--tail=-1'];
    try {
      return suite(['logs', '--namespace', namespace, ...args]);
    } catch {
      return '';
    }
  };
  await vi.waitFor(() => expect(consoleOf()).toMatch(/^beat 2\r?$/m), { timeout: 5 * MINUTES, interval: 1000 });
  return consoleOf;
}

const lastBeat = (console_: string): number => Number(/beat (\d+)\r?\n?$/.exec(console_.trim())?.[1] ?? 0);

describe('an existing cluster with KubeVirt', { timeout: 20 * MINUTES }, () => {
  beforeEach((ctx) => ctx.skip(OBSTACLE !== undefined, OBSTACLE ?? ''));
  beforeAll(async () => {
    if (OBSTACLE !== undefined) return;
    dir = mkdtempSync(join(tmpdir(), 'rf-nightly-'));
    state = privateState();
    owner = await provisionProfile(PROFILE);
    if (!owner.result.ok) throw new Error(JSON.stringify(owner.result.failure, null, 1));
    kubeconfig = join(dir, 'kubeconfig');
    writeFileSync(kubeconfig, readFileSync(owner.result.value.suiteVariables()['KUBECONFIG'] ?? ''));
    home = join(dir, 'home');
    mkdirSync(home);
    vi.stubEnv('HOME', home);
  }, 30 * MINUTES);
  afterEach(async () => {
    for (const provisioned of open.splice(0)) {
      await provisioned.cleanUp();
      provisioned.remove();
    }
  });
  afterAll(async () => {
    if (OBSTACLE !== undefined) return;
    vi.unstubAllEnvs();
    await owner.cleanUp();
    owner.remove();
    state.remove();
    rmSync(dir, { recursive: true, force: true });
    expect(leftOf(CLUSTER)).toEqual([]);
  }, 5 * MINUTES);

  it('earns the grade virt by a guest that boots, and is as it was when the run is over', async () => {
    const before = inventory();
    const file = readFileSync(kubeconfig, 'utf8');
    const { environment, provisioned } = await provision(nightly());
    const { grade, facts, findings } = environment.identity;
    expect(grade).toEqual(['api', 'cluster', 'virt', 'vmm']);
    expect(facts).toMatchObject({
      accelerator: expect.stringMatching(/^(kvm|tcg)$/),
      'qemu.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
      'libvirt.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
      'qemu.machine': expect.stringMatching(/^pc-q35-/),
      'kubevirt.version': PROFILE.kubevirt?.version,
      'kubevirt.image.virt-handler': expect.stringMatching(/sha256:[0-9a-f]{64}$/),
      'cluster.context': `kind-${CLUSTER}`,
      'cluster.uid': kubectl(['get', 'namespace', 'kube-system', '--output=jsonpath={.metadata.uid}']),
    });
    expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect(environment.suiteVariables()).toMatchObject({
      REDFIRST_ACCEL: facts['accelerator'],
      REDFIRST_GUEST_IMAGE: expect.stringContaining('guest'),
      REDFIRST_KUBEVIRT_NAMESPACE: 'kubevirt',
    });
    const watch = environment.watch();
    const place = await environment.openAttempt?.('e2e-1');
    const namespace = place?.variables['REDFIRST_NAMESPACE'] ?? '';
    await bootGuest(environment, namespace);
    const kept = Object.values(await environment.diagnose());
    expect(kept).toContain(`cluster/domains/${namespace}_redfirst-probe.xml`);
    await place?.close();
    expect(await watch.stop()).toEqual({ healthy: true });
    await end(provisioned);
    expect(inventory()).toEqual(before);
    expect(readFileSync(kubeconfig, 'utf8')).toBe(file);
  });

  it('keeps its gates where it is not to be changed', async () => {
    const before = inventory();
    const kubevirt = PROFILE.kubevirt === undefined ? {} : { kubevirt: { ...PROFILE.kubevirt, featureGates: [GATE] } };
    const { environment, provisioned } = await provision(nightly(kubevirt));
    expect(environment.gates).toBeUndefined();
    expect(environment.identity.facts['kubevirt.gates.enabled']).toBe('');
    expect(environment.identity.findings).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        what: `feature gates are not as the profile has them, and are left alone: ${GATE} is not switched on`,
      }),
    );
    await environment.reset();
    expect(await environment.health()).toEqual({ healthy: true });
    expect(inventory()).toEqual(before);
    await end(provisioned);
    expect(inventory()).toEqual(before);
  });

  it('has the gates of the profile where it may be changed, and in the end its own again', async () => {
    const path = '--output=jsonpath={.items[0].spec.configuration.developerConfiguration.featureGates}';
    // An empty list is as good as none.
    const gates = (): unknown =>
      JSON.parse(kubectl(['get', 'kubevirt.kubevirt.io', '--namespace=kubevirt', path]) || '[]');
    const before = inventory();
    const kubevirt = PROFILE.kubevirt === undefined ? {} : { kubevirt: { ...PROFILE.kubevirt, featureGates: [GATE] } };
    const { environment, provisioned } = await provision(nightly({ ...kubevirt, allowMutation: true }));
    expect(gates()).toContain(GATE);
    expect(await environment.gates?.set(GATE, 'off')).toEqual({ ok: true, value: undefined });
    expect(gates()).not.toContain(GATE);
    await environment.reset();
    expect(gates()).toContain(GATE);
    await end(provisioned);
    expect(inventory()).toEqual({ ...before, generation: expect.anything() });
  });

  it('is shared by two runs at once, whose guests do not disturb each other', async () => {
    const before = inventory();
    const [one, two] = await Promise.all([provision(nightly()), provision(nightly())]);
    const places = await Promise.all([one, two].map(({ environment }) => environment.openAttempt?.('e2e-1')));
    const [first = '', second = ''] = places.map((place) => place?.variables['REDFIRST_NAMESPACE'] ?? '');
    expect(first).not.toBe(second);
    const watch = two.environment.watch();
    await bootGuest(one.environment, first);
    const consoleOf = await bootGuest(two.environment, second);
    await one.environment.reset();
    await end(one.provisioned);
    const beat = lastBeat(consoleOf());
    await vi.waitFor(() => expect(lastBeat(consoleOf())).toBeGreaterThan(beat), { timeout: MINUTES, interval: 500 });
    expect(await watch.stop()).toEqual({ healthy: true });
    await end(two.provisioned);
    expect(inventory()).toEqual(before);
  });

  it('needs no more than the rights that doctor names: a service account with these earns virt, and sees a lost guest', async () => {
    kubectl(['create', 'serviceaccount', 'nightly', '--namespace=default']);
    const view = JSON.parse(kubectl(['config', 'view', '--raw', '--output=json']));
    const token = kubectl(['create', 'token', 'nightly', '--namespace=default', '--duration=4h']);
    const users = view.users.map(({ name }: { name: string }) => ({ name, user: { token } }));
    const path = join(dir, 'account');
    writeFileSync(path, JSON.stringify({ ...view, users }));
    // Rights for the switch of gates, too.
    const profile = nightly({ kubeconfig: path, allowMutation: true });
    const preflight = () => providerFor(profile).preflight(profile, new AbortController().signal, dir);
    const errors = async () => (await preflight()).filter(({ severity }) => severity === 'error');
    const [error] = await errors();
    const commands = (error?.next ?? '').replace(/^[^:]*: /, '').replaceAll('USER', ACCOUNT);
    for (const command of commands.split('; ')) kubectl(command.split(' ').slice(1));
    expect(await errors()).toEqual([]);
    const before = inventory();
    const { environment, provisioned } = await provision(profile);
    const { grade, facts, findings } = environment.identity;
    const warnings = findings.filter(({ severity }) => severity !== 'note');
    expect({ grade, warnings }).toEqual({ grade: ['api', 'cluster', 'virt', 'vmm'], warnings: [] });
    expect(facts).toMatchObject({
      accelerator: expect.stringMatching(/^(kvm|tcg)$/),
      'qemu.version': expect.stringMatching(/^\d/),
    });
    const place = await environment.openAttempt?.('e2e-1');
    const namespace = place?.variables['REDFIRST_NAMESPACE'] ?? '';
    const watch = environment.watch();
    await bootGuest(environment, namespace);
    expect(await environment.gates?.set(GATE, 'on')).toEqual({ ok: true, value: undefined });
    await environment.gates?.set(GATE, 'off');
    expect(await environment.health()).toEqual({ healthy: true });
    execFileSync('docker', ['exec', `${CLUSTER}-control-plane`, 'pkill', '-KILL', '--full', `guest=${namespace}_`]);
    const phase = ['get', 'vmi', 'redfirst-probe', '--namespace', namespace, '--output=jsonpath={.status.phase}'];
    await vi.waitFor(() => expect(kubectl(phase)).toBe('Failed'), { timeout: 2 * MINUTES, interval: 500 });
    expect(await watch.stop()).toMatchObject({ healthy: false, reason: expect.stringContaining('was lost') });
    await place?.close();
    await end(provisioned);
    expect(inventory()).toEqual({ ...before, generation: expect.anything() });
  });
});
