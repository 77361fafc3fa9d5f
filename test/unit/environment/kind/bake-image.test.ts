import { expect, test } from 'vitest';
import { bakedTag } from '../../../../src/environment/kind/bake-image.ts';

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
