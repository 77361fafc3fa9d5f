// What a cluster costs in time, against the same steps by hand (`kind create`, `kind load`, `kubectl apply`, `kubectl wait`): from nothing, restored
// from a snapshot, reused and reset. Wall time, since waiting is what it is about; interleaved pairs in the same hour, medians. The probe guest is counted apart:
// nobody boots one by hand. Needs Docker and the images of clusters/kind-kubevirt.yaml (see docs/environments.md); its clusters have names of their own.
// Goals: at most 1.05, 0.4 and 0.1 ×.
// usage: node bench/cluster.js [--pairs=3] [--no-snapshot] [--program=dist/cli.js] [--json]
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { median } from './processor-time.js';

const GOALS = { created: 1.05, restored: 0.4, reused: 0.1 };
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    snapshot: { type: 'boolean', default: true },
    program: { type: 'string', default: join(import.meta.dirname, '../dist/cli.js') },
    json: { type: 'boolean', default: false },
  },
  allowNegative: true,
});

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'rf-bench-cluster-'));
const repo = join(folder, 'repo');
const program = resolve(values.program);
const machine = machineValues();
const env = {
  ...process.env,
  XDG_STATE_HOME: join(folder, 'state'),
  XDG_CACHE_HOME: join(folder, 'cache'),
  NO_COLOR: '1',
};
const HAND = 'redfirst-bench-hand';
const OURS = 'redfirst-bench-ours';
const PROFILE = 'bench';

process.on('exit', () => {
  spawnSync('kind', ['delete', 'cluster', '--name', HAND, '--kubeconfig', join(folder, 'hand')]);
  if (existsSync(repo)) spawnSync(process.execPath, [program, 'cluster', 'down', PROFILE, '--cwd', repo], { env });
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const missing = whatIsMissing();
if (missing !== undefined) {
  process.stdout.write(values.json ? '[]\n' : `skipped: ${missing}\n`);
  process.exit(0);
}
makeRepository();

const seconds = { hand: [], created: [], restored: [], reused: [], probe: [] };
for (let pair = 0; pair < Number(values.pairs); pair++) {
  // Each pair in the other order, so that neither always meets the warmer machine.
  const order = pair % 2 === 0 ? [byHand, ours] : [ours, byHand];
  for (const run of order) run();
}
report();

/** The values of this machine, as the program finds them. */
function machineValues() {
  const file = join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'redfirst', 'clusters.env');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const found = Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value.trim().replace(/^"(.*)"$/, '$1')]),
  );
  return { ...found, ...process.env };
}

function whatIsMissing() {
  if (spawnSync('docker', ['version']).status !== 0) return 'docker does not answer';
  for (const tool of ['kind', 'kubectl'])
    if (spawnSync('which', [tool]).status !== 0) return `there is no ${tool} on PATH`;
  for (const name of ['KIND_NODE_IMAGE', 'KUBEVIRT_OPERATOR', 'KUBEVIRT_CR', 'KUBEVIRT_IMAGES'])
    if (!machine[name]) return `${name} is not set (see docs/environments.md, without a registry)`;
  const images = [machine.KIND_NODE_IMAGE, ...machine.KUBEVIRT_IMAGES.split(/\s+/)];
  return images
    .map((image) =>
      spawnSync('docker', ['image', 'inspect', image]).status === 0 ? undefined : `image ${image} is absent`,
    )
    .find(Boolean);
}

function makeRepository() {
  mkdirSync(join(repo, 'clusters'), { recursive: true });
  cpSync(join(root, 'redfirst.yaml'), join(repo, 'redfirst.yaml'));
  const profile = readFileSync(join(root, 'clusters/kind-kubevirt.yaml'), 'utf8');
  // Emulation is fixed, so that neither side looks for an accelerator.
  const fixed = profile.replace('emulation: auto', 'emulation: always').replace(/^image:/m, `cluster: ${OURS}\nimage:`);
  writeFileSync(join(repo, 'clusters', `${PROFILE}.yaml`), fixed);
  execFileSync('git', ['init', '--quiet', repo]);
}

/** What was written before goes to the disk first, so that nobody pays for the step before. */
function timed(run) {
  spawnSync('sync');
  const began = performance.now();
  run();
  return (performance.now() - began) / 1000;
}

/** What a tool says is heard where it fails. */
function exec(file, args) {
  execFileSync(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

function byHand() {
  const kubeconfig = join(folder, 'hand');
  const config = join(folder, 'kind.yaml');
  const patch = 'kubeadmConfigPatches:\n- |\n  kind: KubeletConfiguration\n  failCgroupV1: false\n';
  writeFileSync(config, `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n${patch}`);
  const kubectl = (...args) => exec('kubectl', ['--kubeconfig', kubeconfig, ...args]);
  const images = [machine.KUBEVIRT_IMAGES, machine.GUEST_IMAGES ?? ''].join(' ').split(/\s+/).filter(Boolean);
  seconds.hand.push(
    timed(() => {
      exec('kind', [
        'create',
        'cluster',
        '--quiet',
        '--name',
        HAND,
        '--image',
        machine.KIND_NODE_IMAGE,
        '--config',
        config,
        '--kubeconfig',
        kubeconfig,
      ]);
      exec('kind', ['load', 'docker-image', ...images, '--name', HAND]);
      kubectl('apply', '--server-side', '--filename', machine.KUBEVIRT_OPERATOR);
      kubectl('wait', 'crd/kubevirts.kubevirt.io', '--for=condition=Established', '--timeout=60s');
      kubectl('apply', '--server-side', '--filename', machine.KUBEVIRT_CR);
      kubectl('wait', 'kubevirt/kubevirt', '--namespace', 'kubevirt', '--for=condition=Available', '--timeout=20m');
      kubectl(
        'wait',
        'node',
        '--all',
        '--for=jsonpath={.metadata.labels.kubevirt\\.io/schedulable}=true',
        '--timeout=10m',
      );
    }),
  );
  exec('kind', ['delete', 'cluster', '--quiet', '--name', HAND, '--kubeconfig', kubeconfig]);
}

/** One `cluster up`, without its probe guest. */
function up(expected) {
  let ended;
  const whole = timed(() => {
    ended = spawnSync(process.execPath, [program, 'cluster', 'up', PROFILE, '--cwd', repo, '--json'], {
      env,
      encoding: 'utf8',
    });
  });
  const { status, stdout, stderr } = ended;
  if (status !== 0) throw new Error(`cluster up ended with ${status}\n${stdout}${stderr}`);
  const { how, steps, kubeconfig } = JSON.parse(stdout);
  if (how !== expected) throw new Error(`the cluster was ${how}, not ${expected}`);
  const probe = steps
    .filter(({ what }) => what.startsWith('the probe guest to boot in KubeVirt'))
    .reduce((sum, { ms }) => sum + ms / 1000, 0);
  seconds.probe.push(probe);
  return { seconds: whole - probe, kubeconfig };
}

function ours() {
  const redfirst = (...args) => exec(process.execPath, [program, ...args, '--cwd', repo]);
  const created = up('created');
  seconds.created.push(created.seconds);
  // What a run that was killed leaves behind, and a gate that it had switched.
  const kubectl = (...args) => exec('kubectl', ['--kubeconfig', created.kubeconfig, ...args]);
  kubectl('create', 'namespace', 'redfirst-leftover');
  kubectl('label', 'namespace', 'redfirst-leftover', 'app.kubernetes.io/managed-by=redfirst');
  const gates = '{"spec":{"configuration":{"developerConfiguration":{"featureGates":["ReservedOverheadMemlock"]}}}}';
  kubectl('patch', 'kubevirt', 'kubevirt', '--namespace', 'kubevirt', '--type=merge', '--patch', gates);
  seconds.reused.push(up('reused').seconds);
  if (values.snapshot) {
    redfirst('cluster', 'snapshot', PROFILE);
    redfirst('cluster', 'down', PROFILE);
    seconds.restored.push(up('restored').seconds);
    redfirst('cluster', 'snapshot', PROFILE, '--remove');
  }
  redfirst('cluster', 'down', PROFILE);
}

function report() {
  const hand = median(seconds.hand);
  const rows = Object.entries(GOALS)
    .filter(([name]) => seconds[name].length > 0)
    .map(([name, goal]) => {
      const own = median(seconds[name]);
      return { name, goal, seconds: own, byHand: hand, ratio: own / hand, met: own / hand <= goal, all: seconds[name] };
    });
  if (values.json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  process.stdout.write(
    `by hand ${hand.toFixed(1)} s (${seconds.hand.map((one) => one.toFixed(1)).join(', ')}); the probe guest, apart: ${median(seconds.probe).toFixed(1)} s\n`,
  );
  for (const { name, goal, seconds: own, ratio, met, all } of rows)
    process.stdout.write(
      `${name.padEnd(9)} ${own.toFixed(1)} s (${all.map((one) => one.toFixed(1)).join(', ')})  ${ratio.toFixed(2)} × by hand, goal ${goal}: ${met ? 'met' : 'missed'}\n`,
    );
}
