import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kindProfile, privateState, whyNoKind } from '../kind-lab.ts';
import { provisionProfile } from '../provisioned.ts';
import { sleeper } from './sleeper.ts';

const MINUTES = 60_000;
const PROFILE = await kindProfile('kind-plain', 'redfirst-test-rebuilt');
const OBSTACLE = whyNoKind(PROFILE);
/** One for each case, so that none finds what another built. */
const imageOf = (name: string): string => `redfirst.local/rebuilt:${name}`;

let dir: string;
let state: ReturnType<typeof privateState>;
const built = new Set<string>();

beforeEach((ctx) => ctx.skip(OBSTACLE !== undefined, OBSTACLE ?? ''));
beforeAll(() => {
  if (OBSTACLE !== undefined) return;
  state = privateState();
  dir = mkdtempSync(join(tmpdir(), 'rf-rebuilt-'));
});
afterAll(async () => {
  if (OBSTACLE !== undefined) return;
  spawnSync('kind', ['delete', 'cluster', '--name', PROFILE.cluster]);
  // By id: one that was built before under the same name has none any more.
  spawnSync('docker', ['image', 'rm', '--force', ...built]);
  rmSync(dir, { recursive: true, force: true });
  state.remove();
}, 5 * MINUTES);

/** Builds the image under its tag. @returns its id */
function build(name: string, content: string): string {
  const context = mkdtempSync(join(dir, 'context-'));
  writeFileSync(join(context, 'sleeper'), sleeper(), { mode: 0o755 });
  writeFileSync(join(context, 'content'), content);
  const archive = join(context, 'all.tar');
  execFileSync('tar', ['-C', context, '-cf', archive, 'sleeper', 'content']);
  execFileSync('docker', ['import', '--change', 'ENTRYPOINT ["/sleeper"]', archive, imageOf(name)], {
    stdio: 'ignore',
  });
  const id = execFileSync('docker', ['image', 'inspect', '--format', '{{.Id}}', imageOf(name)], {
    encoding: 'utf8',
  }).trim();
  built.add(id);
  return id;
}

/** Brings the cluster up with the system in it, and lets go of it again as a run does. @returns ids of the images that its pods run */
async function imagesAfterUp(name: string): Promise<string[]> {
  const manifest = join(dir, `${name}.yaml`);
  writeFileSync(
    manifest,
    `apiVersion: apps/v1
kind: Deployment
metadata: { name: "${name}", namespace: default }
spec:
  selector: { matchLabels: { app: "${name}" } }
  template:
    metadata: { labels: { app: "${name}" } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: sleeper, image: "${imageOf(name)}", imagePullPolicy: IfNotPresent }]
`,
  );
  const system = {
    ...{ name: 'build', images: [imageOf(name)], manifests: [manifest] },
    wait: [{ resource: `deployment/${name}`, namespace: 'default', condition: 'Available' }],
  };
  const provisioned = await provisionProfile(PROFILE, undefined, undefined, { system, keep: true });
  if (!provisioned.result.ok) throw new Error(`${provisioned.result.failure.what} ${provisioned.result.failure.next}`);
  const { KUBECONFIG = '', REDFIRST_KUBECTL = '' } = provisioned.result.value.suiteVariables();
  const args = ['--kubeconfig', KUBECONFIG, 'get', 'pods', '--namespace=default', `--selector=app=${name}`];
  const said = execFileSync(REDFIRST_KUBECTL, [...args, '--output=jsonpath={..imageID}'], { encoding: 'utf8' });
  await provisioned.cleanUp();
  provisioned.remove();
  return said.split(' ');
}

describe('control: a cluster', () => {
  it(
    'with a system under test runs its image',
    async () => {
      const first = build('control', 'first');
      expect(await imagesAfterUp('control')).toEqual([first]);
      expect(await imagesAfterUp('control')).toEqual([first]);
    },
    5 * MINUTES,
  );
});

describe('a cluster that is used again', () => {
  it(
    'runs what was built last, under the tag that it had before',
    async () => {
      const before = build('again', 'before');
      expect(await imagesAfterUp('again')).toEqual([before]);
      const after = build('again', 'after');
      expect(await imagesAfterUp('again')).toEqual([after]);
    },
    5 * MINUTES,
  );
});
