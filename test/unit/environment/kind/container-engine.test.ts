import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  clusterNodes,
  engineVariables,
  findEngine,
  imageIds,
  readNodes,
} from '../../../../src/environment/kind/container-engine.ts';
import { failureIn, recorded, valueIn } from '../cluster-fixtures.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-engine-'));
  // Nothing else: this machine may have engines of its own.
  symlinkSync('/bin/cat', join(dir, 'cat'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A program of that name, alone on PATH with a shell's own. */
function program(name: string, script: string): void {
  writeFileSync(join(dir, name), `#!/bin/sh\necho "$0 $*" >> ${dir}/calls\n${script}\n`);
  chmodSync(join(dir, name), 0o755);
}
const find = (wanted: 'auto' | 'docker' | 'podman' = 'auto', more: Record<string, string> = {}) =>
  findEngine(wanted, undefined, { PATH: dir, ...more });
const calls = (): string[] => readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n');

describe('readNodes', () => {
  const NODE = {
    id: '03eed5b0448244e01099fdf244b0d9e75a76416e08d1dadf55c5c909247d44dc',
    name: 'redfirst-kind-kubevirt-control-plane',
    role: 'control-plane',
    state: 'running',
    image: 'redfirst.local/node:v1.36.2',
    startedAt: '2026-11-26T15:10:37.031761194Z',
  };
  const mark = {
    source: '/root/.local/state/redfirst/clusters/redfirst-kind-kubevirt/mark-5631815cb951',
    destination: '/kind/redfirst',
  };

  it('reads what Docker says of a node', () => {
    const [node, ...others] = readNodes(recorded('docker/inspect-node.json'));
    expect(node).toMatchObject({ ...NODE, imageId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(node?.mounts).toContainEqual(mark);
    expect(others).toEqual([]);
  });

  it('reads the same of what Podman says, which names an image by the digits of its digest alone', () => {
    const [node, ...others] = readNodes(recorded('podman/inspect-node.json'));
    expect(node).toMatchObject({
      id: '2e56530b10ff58b6c0ba72306b4a86afa36b0acad5bf630fa147a9978ce468ab',
      name: 'redfirst-kind-plain-control-plane',
      role: 'control-plane',
      state: 'running',
      imageId: 'sha256:198691eb364d4d6a00e602dcf5eb26a6fc514275f7bcaab47a9e8f03f5de4213',
      image: 'redfirst.local/node:v1.36.2',
      startedAt: '2026-11-26T18:37:31.879704521Z',
    });
    expect(node?.mounts).toContainEqual({
      source: '/tmp/rfp-state/redfirst/clusters/redfirst-kind-plain/mark-8a6652b967d5',
      destination: '/kind/redfirst',
    });
    expect(others).toEqual([]);
  });

  it('sorts by name, and takes what has no labels and no mounts', () => {
    const bare = (Name: string) => ({
      Id: Name,
      Name,
      Image: '',
      Config: { Image: '', Labels: null },
      State: { Status: 'exited' },
      Mounts: null,
    });
    expect(readNodes(JSON.stringify([bare('/b'), bare('a')]))).toMatchObject([
      { name: 'a', role: '', mounts: [], startedAt: '', state: 'exited' },
      { name: 'b' },
    ]);
  });
});

describe('findEngine', () => {
  it('takes Docker before Podman, and Podman where Docker does not answer', async () => {
    program('docker', 'echo 27.0.1');
    program('podman', 'echo 5.2.0');
    expect(valueIn(await find())).toMatchObject({ name: 'docker', version: '27.0.1' });
    program('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    expect(valueIn(await find())).toMatchObject({ name: 'podman', version: '5.2.0' });
    expect(calls().slice(-2)).toEqual([
      `${dir}/docker version --format {{.Server.Version}}`,
      // `podman version` answers where no container can be made, too.
      `${dir}/podman info --format {{.Version.Version}}`,
    ]);
  });

  it('takes Podman first where kind is told to', async () => {
    program('docker', 'echo 27.0.1');
    program('podman', 'echo 5.2.0');
    expect(valueIn(await find('auto', { KIND_EXPERIMENTAL_PROVIDER: 'podman' })).name).toBe('podman');
    expect(valueIn(await find('docker', { KIND_EXPERIMENTAL_PROVIDER: 'podman' })).name).toBe('docker');
    program('podman', 'exit 125');
    expect(valueIn(await find('auto', { KIND_EXPERIMENTAL_PROVIDER: 'podman' })).name).toBe('docker');
  });

  it('keeps what each says that does not answer', async () => {
    program('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    const { what, next } = failureIn(await find());
    expect(what).toMatch(
      /^no container engine answers: docker version failed: Cannot connect to the Docker daemon; podman is not on this machine/,
    );
    expect(next).toContain('start Docker');
  });

  it('asks none but the one that is wanted', async () => {
    program('docker', 'echo 27.0.1');
    program('podman', 'echo 5.2.0');
    expect(valueIn(await find('podman')).name).toBe('podman');
    expect(calls()).toHaveLength(1);
  });
});

describe('what an engine is asked', () => {
  it('is which containers a cluster of that name has, stopped ones too', async () => {
    const inspect = join(import.meta.dirname, '../../../adapters/docker/inspect-node.json');
    program('docker', `case "$1" in version) echo 27;; ps) printf 'abc\\n';; inspect) cat ${inspect};; esac`);
    const nodes = valueIn(await clusterNodes(valueIn(await find()), 'redfirst-lab'));
    expect(nodes.map(({ name }) => name)).toEqual(['redfirst-kind-kubevirt-control-plane']);
    expect(calls().slice(1)).toEqual([
      `${dir}/docker ps --all --quiet --no-trunc --filter label=io.x-k8s.kind.cluster=redfirst-lab`,
      `${dir}/docker inspect --type container abc`,
    ]);
  });

  it('is nothing more where there is none', async () => {
    program('docker', 'case "$1" in version) echo 27;; esac');
    expect(valueIn(await clusterNodes(valueIn(await find()), 'redfirst-lab'))).toEqual([]);
    expect(calls()).toHaveLength(2);
  });

  it('is the id of each image, undefined for an absent one', async () => {
    program(
      'docker',
      'case "$*" in version*) echo 27;; *a:1) echo sha256:1;; *) echo no such image >&2; exit 1;; esac',
    );
    expect([...(await imageIds(valueIn(await find()), ['a:1', 'b:1']))]).toEqual([
      ['a:1', 'sha256:1'],
      ['b:1', undefined],
    ]);
  });

  it('is an id that a node would give too, where Podman leaves the algorithm out', async () => {
    const id = 'ab578eba2788f75f8283fdc1f8fde6497025f7ac6aa1ac67ee5aa937ea648d92';
    program('podman', `case "$1" in info) echo 4.3.1;; *) echo ${id};; esac`);
    expect([...(await imageIds(valueIn(await find('podman')), ['a:1']))]).toEqual([['a:1', `sha256:${id}`]]);
  });

  it('fails with its last words, or with how it ended', async () => {
    program('docker', 'case "$1" in version) echo 27;; one) printf "1\\n2\\n3\\n4\\n" >&2; exit 1;; *) exit 7;; esac');
    const engine = valueIn(await find());
    expect(failureIn(await engine.run(['one'])).what).toBe('docker one failed: 2; 3; 4');
    expect(failureIn(await engine.run(['two'])).what).toMatch(/^docker two failed: .*7/);
  });
});

describe('engineVariables', () => {
  it('hands on what finds the daemon and its settings, and no secrets', () => {
    const env = {
      PATH: '/bin',
      HOME: '/h',
      DOCKER_HOST: 'unix:///d',
      XDG_RUNTIME_DIR: '/r',
      KIND_EXPERIMENTAL_DOCKER_NETWORK: 'n',
      https_proxy: 'p',
      AWS_SECRET_ACCESS_KEY: 's',
      KUBECONFIG: '/k',
      MY_PATH: 'x',
      LANG: undefined,
    };
    expect(Object.keys(engineVariables(env)).sort()).toEqual([
      'DOCKER_HOST',
      'HOME',
      'KIND_EXPERIMENTAL_DOCKER_NETWORK',
      'PATH',
      'XDG_RUNTIME_DIR',
      'https_proxy',
    ]);
  });
});
