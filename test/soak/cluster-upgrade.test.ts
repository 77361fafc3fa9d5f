import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { kindProfile, whyNoKind } from '../environments/kind-lab.ts';
import { sleeper } from '../environments/rebuilt-image/sleeper.ts';
import { type ClusterLab, clusterObstacle, createClusterLab, docker, NOTHING } from '../faults/cluster-lab.ts';

/** KubeVirt exchanged in a live cluster through the program: `systems` of the profile, one at red and another at green. */
const { kubevirt, images } = await kindProfile('kind-kubevirt', 'unnamed');
const BASE = kubevirt?.version ?? '';
const NEXT = process.env['REDFIRST_SOAK_NEXT_KUBEVIRT'] ?? BASE.replace(/\d+$/, (patch) => String(Number(patch) + 1));
const OBSTACLE = (await clusterObstacle('kind-kubevirt')) ?? (await whyNoNext());
const SLEEPER = 'redfirst.local/soak-sleeper:1';

/** What is named after the one version, named after another. */
function at(version: string, text: string): string {
  return text.replaceAll(BASE, version);
}

async function whyNoNext(): Promise<string | undefined> {
  const manifests = [kubevirt?.operator, kubevirt?.cr].filter((path) => path !== undefined);
  const absent = manifests.map((path) => at(NEXT, path)).find((path) => !/^https?:/.test(path) && !existsSync(path));
  if (absent !== undefined) return `the manifest ${absent} is not on this machine (REDFIRST_SOAK_NEXT_KUBEVIRT)`;
  const profile = await kindProfile('kind-kubevirt', 'unnamed');
  return whyNoKind({ ...profile, images: images.map((image) => at(NEXT, image)) });
}

function systemText(name: string, version: string): string {
  const { operator, cr } = kubevirt ?? {};
  const named = { version, operator: operator && at(version, operator), cr: cr && at(version, cr) };
  const own = images.filter((image) => image.includes(BASE)).map((image) => at(version, image));
  return `  ${name}: ${JSON.stringify({ kubevirt: named, images: own })}\n`;
}

/** A kind, an object of that kind in the same file and in another, and a Deployment that takes its image from the node. */
const ADDON = {
  'addon/kind.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: sleeps.test.redfirst.dev }
spec:
  group: test.redfirst.dev
  names: { kind: Sleep, plural: sleeps }
  scope: Cluster
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
---
apiVersion: test.redfirst.dev/v1
kind: Sleep
metadata: { name: light }
`,
  'addon/sleep.yaml': `apiVersion: v1
kind: Namespace
metadata: { name: sleep }
---
apiVersion: test.redfirst.dev/v1
kind: Sleep
metadata: { name: deep }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: sleeper, namespace: sleep }
spec:
  selector: { matchLabels: { app: sleeper } }
  template:
    metadata: { labels: { app: sleeper } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: sleeper, image: "${SLEEPER}", imagePullPolicy: Never }]
`,
};
const PROFILE_MORE = `addons:
  - name: sleep
    manifests: [addon/kind.yaml, addon/sleep.yaml]
    wait:
      - { resource: crd/sleeps.test.redfirst.dev, condition: Established }
      - { resource: deployment/sleeper, namespace: sleep, condition: Available }
systems:
${systemText('base', BASE)}${systemText('head', NEXT)}`;

let lab: ClusterLab;
beforeEach((context) => context.skip(OBSTACLE !== undefined, OBSTACLE));
beforeAll(async () => {
  if (OBSTACLE !== undefined) return;
  buildSleeper();
  lab = createClusterLab({
    ...{ profile: 'kind-kubevirt', name: 'rfupgrade', grade: 'virt', system: '{ red: base, green: head }' },
    files: ADDON,
    edit: (text) => `${text.replace(/^images: \[/m, `images: ["${SLEEPER}", `)}${PROFILE_MORE}`,
    after: `const version = JSON.parse(kubectl(['get', 'kubevirts.kubevirt.io', '--all-namespaces', '--output=json'])).items[0].status.observedKubeVirtVersion;
  assert.equal(version, '${NEXT}');`,
  });
}, 10 * 60_000);
afterAll(async () => {
  if (lab === undefined) return;
  expect(await lab.takeDown()).toEqual({ exit: 0, left: [] });
  lab.remove();
  spawnSync('docker', ['image', 'rm', '--force', SLEEPER]);
}, 5 * 60_000);

function buildSleeper(): void {
  const dir = mkdtempSync(join(tmpdir(), 'rf-sleeper-'));
  writeFileSync(join(dir, 'sleeper'), sleeper(), { mode: 0o755 });
  execFileSync('tar', ['-C', dir, '-cf', join(dir, 'all.tar'), 'sleeper']);
  docker('import', '--change', 'ENTRYPOINT ["/sleeper"]', join(dir, 'all.tar'), SLEEPER);
  rmSync(dir, { recursive: true, force: true });
}

/** What the newest run recorded of the cluster. */
function recorded(): Record<string, string> {
  const text = JSON.stringify(lab.json('show', 'thing').document);
  const facts = [...text.matchAll(/"((?:kubevirt\.[\w.-]+|system))":"([^"]*)"/g)];
  return Object.fromEntries(facts.map(([, name = '', value = '']) => [name, value]));
}

/** Image tags of KubeVirt's pods, each once. */
function tagsThatRun(): string[] {
  const path = '--output=jsonpath={.items[*].spec.containers[*].image}';
  const named = lab.kubectl('get', 'pods', '--namespace=kubevirt', path).split(' ');
  return [...new Set(named.map((image) => image.replace(/^.*:/, '')))];
}

const deployed = (): string =>
  lab.kubectl(
    'get',
    'deployment',
    'sleeper',
    '--namespace=sleep',
    '--output=jsonpath={.metadata.uid} {.status.availableReplicas}',
  );

it(`goes from ${BASE} to ${NEXT} at green, and back at the next red; add-ons are applied once and stay`, async () => {
  const up = await lab.run('cluster', 'up', 'kind-kubevirt');
  expect({ exit: up.exit, stderr: up.exit === 0 ? '' : up.stderr }).toEqual({ exit: 0, stderr: '' });
  const sleeps = lab.kubectl('get', 'sleeps.test.redfirst.dev', '--output=jsonpath={.items[*].metadata.name}');
  expect(sleeps).toBe('deep light');
  const addon = deployed();
  expect(addon).toMatch(/ 1$/);

  const red = await lab.ask('red', 'thing', '--attempts', '1');
  expect({ exit: red.exit, code: red.document?.verdict?.code }).toEqual({ exit: 0, code: 'red/valid' });
  const before = recorded();
  expect(before).toMatchObject({ 'kubevirt.version': BASE, system: expect.stringMatching(/^base /) });
  expect(tagsThatRun()).toEqual([BASE]);

  const redCommit = lab.git('rev-parse', 'HEAD');
  lab.commit('a thing', { 'src/feature.mjs': 'export function does() {}\n' });
  const green = await lab.ask('green', 'thing', '--attempts', '1');
  expect({ exit: green.exit, code: green.document?.verdict?.code }).toEqual({ exit: 0, code: 'green/passed' });
  const after = recorded();
  expect(after).toMatchObject({ 'kubevirt.version': NEXT, system: expect.stringMatching(/^head /) });
  expect(tagsThatRun()).toEqual([NEXT]);
  for (const component of ['virt-operator', 'virt-api', 'virt-controller', 'virt-handler']) {
    expect(after[`kubevirt.image.${component}`]).toMatch(/sha256:[0-9a-f]{64}$/);
    expect(after[`kubevirt.image.${component}`]).not.toBe(before[`kubevirt.image.${component}`]);
  }

  lab.git('reset', '--quiet', '--hard', redCommit);
  const again = await lab.ask('red', 'thing', '--attempts', '1');
  expect({ exit: again.exit, code: again.document?.verdict?.code }).toEqual({ exit: 0, code: 'red/valid' });
  expect(recorded()).toEqual(before);
  expect(tagsThatRun()).toEqual([BASE]);
  expect(deployed()).toBe(addon);
  expect(lab.left('')).toEqual(NOTHING);
  expect(lab.kubectl('get', 'namespaces', '--output=name', '--selector=redfirst.dev/token')).toBe('');
});
