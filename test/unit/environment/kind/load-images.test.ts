import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../../../src/domain/failure.ts';
import { type ContainerEngine, engineFailure } from '../../../../src/environment/kind/container-engine.ts';
import { imagesInNode, normalName, planImages } from '../../../../src/environment/kind/load-images.ts';
import { container, recorded, valueIn } from '../cluster-fixtures.ts';

const ID = `sha256:${'0'.repeat(64)}`;
const engine = (answer: ReturnType<typeof ok<string>> | ReturnType<typeof fail>): ContainerEngine => ({
  name: 'docker',
  version: '',
  env: {},
  run: async () => answer as Awaited<ReturnType<ContainerEngine['run']>>,
});

describe('normalName', () => {
  it.each([
    ['alpine', 'docker.io/library/alpine:latest'],
    ['alpine:3', 'docker.io/library/alpine:3'],
    ['kindest/node', 'docker.io/kindest/node:latest'],
    ['kindest/node:v1', 'docker.io/kindest/node:v1'],
    ['docker.io/kindest/node:v1', 'docker.io/kindest/node:v1'],
    ['quay.io/kubevirt/virt-api:v1.9.0', 'quay.io/kubevirt/virt-api:v1.9.0'],
    ['localhost/mine:1', 'localhost/mine:1'],
    ['localhost:5000/mine', 'localhost:5000/mine:latest'],
    ['registry:5000/a/b:1', 'registry:5000/a/b:1'],
    ['redfirst.dev/tiny-guest:2334d25e1010', 'redfirst.dev/tiny-guest:2334d25e1010'],
    [`alpine@${ID}`, `docker.io/library/alpine@${ID}`],
    // With a digest the tag says nothing any more, and no runtime lists the two together.
    [`kindest/node:v1.36.1@${ID}`, `docker.io/kindest/node@${ID}`],
    [`registry:5000/a:1@${ID}`, `registry:5000/a@${ID}`],
  ])('%s is %s', (image, expected) => {
    expect(normalName(image)).toBe(expected);
    expect(normalName(expected)).toBe(expected);
  });
});

describe('planImages', () => {
  const has = (...names: string[]) => new Map(names.map((name) => [name, { id: ID, digests: [] }]));
  const plan = (listed: string[], inEngine: string[], ...inNodes: ReturnType<typeof has>[]) =>
    planImages(listed, new Map(listed.map((image) => [image, inEngine.includes(image) ? ID : undefined])), inNodes);

  it('loads what at least one node lacks', () => {
    const nodes = [has('docker.io/library/a:1', 'docker.io/library/b:1'), has('docker.io/library/a:1')];
    expect(plan(['a:1', 'b:1'], ['a:1', 'b:1'], ...nodes)).toEqual({ images: ['b:1'], archives: [], absent: [] });
  });

  it('leaves alone what every node has, whether the engine has it or not', () => {
    const node = has('docker.io/library/a:1');
    expect(plan(['a:1'], [], node)).toEqual({ images: [], archives: [], absent: [] });
    expect(plan(['a:1'], ['a:1'], node)).toEqual({ images: [], archives: [], absent: [] });
  });

  it('tells what neither engine nor nodes have', () => {
    expect(plan(['a:1', 'b:1'], ['b:1'], has())).toEqual({ images: ['b:1'], archives: [], absent: ['a:1'] });
  });

  it('loads archives anyhow', () => {
    expect(plan(['/srv/a.tar', 'images/b.tar'], [], has('/srv/a.tar'))).toEqual({
      images: [],
      archives: ['/srv/a.tar', 'images/b.tar'],
      absent: [],
    });
  });

  it('has nothing to do for nothing', () => {
    expect(plan([], [], has())).toEqual({ images: [], archives: [], absent: [] });
  });
});

describe('imagesInNode', () => {
  const node = container('lab-control-plane');

  it('reads what crictl lists', async () => {
    const names = valueIn(await imagesInNode(engine(ok(recorded('crictl/images.json'))), node));
    expect(JSON.stringify(names.get('redfirst.local/kubevirt/virt-api:v1.9.0'))).toMatch(/"sha256:/);
    expect(names.has('redfirst.dev/tiny-guest:2334d25e1010')).toBe(true);
    expect([...names.keys()].every((name) => normalName(name) === name)).toBe(true);
  });

  it('takes tags and digests, and images that have neither', async () => {
    const json = `{"images": [{"repoTags": ["a:1"], "repoDigests": ["a@${ID}"]}, {"repoTags": [], "repoDigests": []}, {}]}`;
    expect([...valueIn(await imagesInNode(engine(ok(json)), node)).keys()]).toEqual(['a:1', `a@${ID}`]);
  });

  it.each(['', 'nonsense', 'null', '{}', '{"images": null}'])('refuses %j', async (text) => {
    expect(await imagesInNode(engine(ok(text)), node)).toMatchObject({
      ok: false,
      failure: { what: 'crictl in lab-control-plane does not list its images as JSON' },
    });
  });

  it('hands on that the engine failed', async () => {
    const failed = fail(engineFailure('docker exec failed: container is paused'));
    expect(await imagesInNode(engine(failed), node)).toBe(failed);
  });
});
