import { describe, expect, it } from 'vitest';
import { ok } from '../../../src/domain/failure.ts';
import type { SystemUnderTest } from '../../../src/domain/profile.ts';
import { systemDigest } from '../../../src/environment/kind/cluster-digest.ts';
import { imagesInNode, planImages } from '../../../src/environment/kind/load-images.ts';
import { container } from '../../unit/environment/cluster-fixtures.ts';

const OLD = `sha256:${'1'.repeat(64)}`;
const NEW = `sha256:${'2'.repeat(64)}`;
const MANIFEST = `sha256:${'3'.repeat(64)}`;
const NAME = 'redfirst.local/mine:devel';

/** What is to be done where the engine has the image under one id and the node lists it like this. */
async function planFor(engineId: string | undefined, ...listed: object[]) {
  const engine = {
    ...({ name: 'docker', version: '', env: {} } as const),
    run: async () => ok(JSON.stringify({ images: listed })),
  };
  const inNode = await imagesInNode(engine, container('lab-control-plane'));
  if (!inNode.ok) throw new Error(inNode.failure.what);
  return planImages([NAME], new Map([[NAME, engineId]]), [inNode.value as never]);
}
/** As crictl lists an image that kind has loaded. */
const image = (id: string, manifest = MANIFEST) => ({
  id,
  repoTags: [NAME],
  repoDigests: [`docker.io/library/import-2026-11-26@${manifest}`],
});

const SYSTEM: SystemUnderTest = { name: 'build', images: [NAME], manifests: [], wait: [] };
const digest = (id: string): string => Reflect.apply(systemDigest, undefined, [SYSTEM, '/', new Map([[NAME, id]])]);

describe('an image that was rebuilt under its tag', () => {
  it('rebuilt, is loaded into a node that has the one before', async () => {
    expect(await planFor(NEW, image(OLD))).toMatchObject({ images: [NAME], absent: [] });
  });

  it('rebuilt, is another system under test', () => {
    expect(digest(NEW)).not.toBe(digest(OLD));
  });
});

describe('control: an image', () => {
  it('that the node has is not loaded again', async () => {
    expect(await planFor(OLD, image(OLD))).toMatchObject({ images: [], absent: [] });
  });

  it('whose id in the engine is that of its manifest, as containerd names it, is not loaded again', async () => {
    expect(await planFor(MANIFEST, image(OLD, MANIFEST))).toMatchObject({ images: [], absent: [] });
  });

  it('that the engine does not have is the node’s own business', async () => {
    expect(await planFor(undefined, image(OLD))).toMatchObject({ images: [], absent: [] });
  });

  it('that keeps its id is the same system under test', () => {
    expect(digest(OLD)).toBe(digest(OLD));
  });
});
