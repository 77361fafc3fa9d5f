import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fail, ok } from '../../../../src/domain/failure.ts';
import { type ContainerEngine, engineFailure } from '../../../../src/environment/kind/container-engine.ts';
import { normalName } from '../../../../src/environment/kind/image-name.ts';
import { imagesInNode, loadImages, planImages } from '../../../../src/environment/kind/load-images.ts';
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

describe('loadImages', () => {
  const OTHER = `sha256:${'1'.repeat(64)}`;
  let dir: string;
  let asked: string[];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rf-load-'));
    asked = [];
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** An engine that has the images, and a node that lists the one thing before kind loads into it and the other after. */
  function load(name: 'docker' | 'podman', images: string[], after: Record<string, string>, before = {}) {
    const kind = join(dir, 'kind');
    writeFileSync(kind, `#!/bin/sh\necho "$*" >> ${dir}/calls\nls ${dir} > ${dir}/during\n`);
    chmodSync(kind, 0o755);
    const lists = (tags: Record<string, string>): string =>
      JSON.stringify({ images: Object.entries(tags).map(([tag, id]) => ({ id, repoTags: [tag] })) });
    const on: ContainerEngine = {
      ...{ name, version: '', env: { PATH: process.env['PATH'] ?? '' } },
      run: async (args) => {
        if (args[0] === 'image') return ok(`${OTHER}\n`);
        if (args.includes('crictl')) return ok(lists(existsSync(join(dir, 'calls')) ? after : before));
        asked.push(args.join(' '));
        if (args[0] === 'save') writeFileSync(args[args.indexOf('--output') + 1] ?? '', '');
        return ok('');
      },
    };
    return loadImages({
      tool: { path: kind, engine: on, signal: new AbortController().signal, token: 't' },
      ...{ cluster: 'c', nodes: [container('c-control-plane')], images, root: dir, tinyGuest: false, dir },
      progress: () => undefined,
    });
  }
  const calls = () => readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n');

  it('has kind take them from Docker itself', async () => {
    valueIn(await load('docker', ['a:1', 'b:1'], { 'docker.io/library/a:1': OTHER, 'docker.io/library/b:1': OTHER }));
    expect(calls()).toEqual(['load docker-image a:1 b:1 --name c']);
    expect(asked).toEqual([]);
  });

  it('takes them from Podman in one archive that holds each, which goes again', async () => {
    valueIn(await load('podman', ['q.io/a:1', 'q.io/b:1'], { 'q.io/a:1': OTHER, 'q.io/b:1': OTHER }));
    const archive = join(dir, 'images.tar');
    expect(asked).toEqual([`save --format docker-archive --multi-image-archive --output ${archive} q.io/a:1 q.io/b:1`]);
    expect(calls()).toEqual([`load image-archive ${archive} --name c`]);
    expect(readFileSync(join(dir, 'during'), 'utf8')).toContain('images.tar');
    expect(existsSync(archive)).toBe(false);
  });

  it('names an image of Podman’s own building as pods ask for it', async () => {
    const before = { 'docker.io/library/mine:1': ID, 'docker.io/me/mine:1': ID };
    const after = { ...before, 'localhost/mine:1': OTHER, 'localhost/me/mine:1': OTHER };
    valueIn(await load('podman', ['mine:1', 'me/mine:1'], after, before));
    const tag = 'exec id-c-control-plane ctr --namespace=k8s.io images tag --force';
    expect(asked.slice(1)).toEqual([
      `${tag} localhost/mine:1 docker.io/library/mine:1`,
      `${tag} localhost/me/mine:1 docker.io/me/mine:1`,
    ]);
  });

  it('leaves alone what the node has as the engine has it', async () => {
    const there = { 'q.io/a:1': OTHER };
    expect(valueIn(await load('podman', ['q.io/a:1'], there, there)).absent).toEqual([]);
    expect(asked).toEqual([]);
    expect(existsSync(join(dir, 'calls'))).toBe(false);
  });
});
