import { expect, test } from 'vitest';
import { ok } from '../../../../src/domain/failure.ts';
import { bakedTag, removeBaked } from '../../../../src/environment/kind/bake-image.ts';
import type { ContainerEngine } from '../../../../src/environment/kind/container-engine.ts';
import { saveImages } from '../../../../src/environment/kind/save-images.ts';

const IDS = new Map([
  ['kindest/node:v1.36.1', 'sha256:node'],
  ['quay.io/kubevirt/virt-api:v1.9.0', 'sha256:api'],
]);

test('a baked image is called by what is in it, in whatever order that is named', () => {
  const tag = bakedTag(IDS, [], '');
  expect(tag).toMatch(/^redfirst\.local\/baked-node:[0-9a-f]{12}$/);
  expect(bakedTag(new Map([...IDS].reverse()), [], '')).toBe(tag);
});

test('another node image, image, archive or tiny guest is another baked image', () => {
  const tags = [
    bakedTag(IDS, [], ''),
    bakedTag(new Map([...IDS, ['kindest/node:v1.36.1', 'sha256:other']]), [], ''),
    bakedTag(new Map([...IDS, ['quay.io/kubevirt/virt-api:v1.9.0', undefined]]), [], ''),
    bakedTag(IDS, [['/images/a.tar', 'aa']], ''),
    bakedTag(IDS, [['/images/a.tar', 'bb']], ''),
    bakedTag(IDS, [], 'redfirst.dev/tiny-guest:0123456789ab'),
  ];
  expect(new Set(tags).size).toBe(tags.length);
});

test('old ones are found by what they were baked for, in words that Podman takes too, and the one in use stays', async () => {
  const asked: string[] = [];
  const engine = engineThat('podman', asked, 'redfirst.local/baked-node:1\nredfirst.local/baked-node:2\n');
  expect(await removeBaked(engine, 'lab', 'redfirst.local/baked-node:2')).toEqual(['redfirst.local/baked-node:1']);
  expect(asked).toEqual([
    'image ls --format {{.Repository}}:{{.Tag}} --filter label=dev.redfirst.baked-for=lab --filter reference=redfirst.local/baked-node:*',
    'image rm redfirst.local/baked-node:1',
  ]);
});

test('several images come out of either engine in one archive', async () => {
  const asked: string[] = [];
  await saveImages(engineThat('docker', asked), ['a:1', 'b:1'], '/x.tar');
  await saveImages(engineThat('podman', asked), ['a:1', 'b:1'], '/x.tar');
  expect(asked).toEqual([
    'save --output /x.tar a:1 b:1',
    'save --format docker-archive --multi-image-archive --output /x.tar a:1 b:1',
  ]);
});

function engineThat(name: 'docker' | 'podman', asked: string[], says = ''): ContainerEngine {
  return {
    ...{ name, version: '', env: {} },
    run: async (args) => {
      asked.push(args.join(' '));
      return ok(says);
    },
  };
}
