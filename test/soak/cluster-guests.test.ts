import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClusterLab, clusterObstacle, createClusterLab, docker, NOTHING } from '../faults/cluster-lab.ts';

const OBSTACLE = await clusterObstacle('kind-kubevirt');
let lab: ClusterLab;

/** A guest whose own code has spoken. */
const BOOT = `
  const vmi = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', metadata: { name: 'vm' }, spec: {
    terminationGracePeriodSeconds: 5,
    domain: { memory: { guest: '64Mi' }, devices: {
      logSerialConsole: true, autoattachGraphicsDevice: false, autoattachMemBalloon: false, autoattachPodInterface: false,
      disks: [{ name: 'disk', disk: { bus: 'virtio' } }],
    } },
    volumes: [{ name: 'disk', containerDisk: { image: process.env.REDFIRST_GUEST_IMAGE } }],
  } };
  kubectl(['apply', '--filename=-'], JSON.stringify(vmi));
  const pod = () => kubectl(['get', 'pods', '--output=name', '--selector=kubevirt.io=virt-launcher']).trim();
  const status = () => JSON.parse(kubectl(['get', 'vmi', 'vm', '--output=json'])).status;
  while (status()?.phase !== 'Running') await sleep(500);
  while (!kubectl(['logs', pod(), '--container=guest-console-log']).includes('REDFIRST-GUEST-READY')) await sleep(500);`;
const GONE = `while (status().phase === 'Running') await sleep(500);`;

beforeEach((context) => context.skip(OBSTACLE !== undefined, OBSTACLE));
beforeAll(async () => {
  if (OBSTACLE !== undefined) return;
  lab = createClusterLab({ profile: 'kind-kubevirt', name: 'rffault', grade: 'virt', before: BOOT });
  const up = await lab.run('cluster', 'up', 'kind-kubevirt');
  if (up.exit !== 0) throw new Error(`${up.stdout}${up.stderr}`);
}, 20 * 60_000);
afterAll(async () => {
  if (lab === undefined) return;
  expect(await lab.takeDown()).toEqual({ exit: 0, left: [] });
  lab.remove();
}, 5 * 60_000);

/** Kills a process in the node as a fault would: nobody is asked. */
function killInNode(pattern: string): void {
  docker('exec', lab.node, 'pkill', '-KILL', '--full', pattern);
}

/** Runs red, strikes while the driver holds its guest, and tells what became of it. */
async function redStruckBy(strike: (namespace: string) => void, after: string) {
  lab.drive({ before: BOOT, after });
  const run = await lab.untilHeld('red', 'thing', '--attempts', '1', '--json');
  strike(run.namespace);
  lab.letGo();
  const { exit, stdout, stderr } = await run.ended;
  return { exit, stderr, verdict: JSON.parse(stdout).verdict, token: run.token };
}

function namespacesLeft(): string {
  return lab.kubectl('get', 'namespaces', '--output=name', '--selector=redfirst.dev/token');
}

describe('a guest that is lost is infrastructure', () => {
  it('QEMU killed inside the launcher: VMI Failed, launcher exit 0, virt-handler says that it crashed', async () => {
    const struck = await redStruckBy((namespace) => killInNode(`qemu-system-x86_64 -name guest=${namespace}_vm`), GONE);
    expect(struck).toMatchObject({ exit: 3, verdict: { code: 'infrastructure' } });
    expect(struck.verdict.detail).toMatch(/guest redfirst-\S+\/vm was lost: The VirtualMachineInstance crashed/);
    expect(lab.left(struck.token)).toEqual(NOTHING);
    expect(namespacesLeft()).toBe('');
  });

  it('virt-launcher killed: exit code 255 first, VMI Running for half a minute more', async () => {
    const struck = await redStruckBy(
      (namespace) => killInNode(`^/usr/bin/virt-launcher --.*--namespace ${namespace}`),
      GONE,
    );
    expect(struck).toMatchObject({ exit: 3, verdict: { code: 'infrastructure' } });
    expect(struck.verdict.detail).toMatch(
      /virt-launcher-vm-\S+ was killed \(container compute: Error, exit code 255\)/,
    );
    expect(lab.left(struck.token)).toEqual(NOTHING);
    expect(namespacesLeft()).toBe('');
  });
});

describe("a guest that ends in order is the test's own business", () => {
  it.each([
    [
      'powered off',
      `kubectl(['exec', pod(), '--container=compute', '--', 'virsh', '-c', 'qemu+unix:///session?socket=/var/run/libvirt/virtqemud-sock', 'shutdown', REDFIRST_NAMESPACE + '_vm']); ${GONE}`,
    ],
    [
      'deleted through the API',
      `kubectl(['delete', 'vmi', 'vm', '--wait=true', '--timeout=2m', '--request-timeout=0']);`,
    ],
  ])('%s', async (_, after) => {
    const ended = await redStruckBy(() => undefined, after);
    expect(ended).toMatchObject({ exit: 0, verdict: { code: 'red/valid' } });
    expect(lab.left(ended.token)).toEqual(NOTHING);
    expect(namespacesLeft()).toBe('');
  });
});
