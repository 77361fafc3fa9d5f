import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkManifests } from '../../../../src/environment/kind/check-manifests.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-manifests-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function check(text: string | undefined, name = 'a.yaml') {
  if (text !== undefined) writeFileSync(join(dir, name), text);
  return checkManifests({ addons: [{ name: 'x', manifests: [name], wait: [] }] }, dir);
}

it('takes Kubernetes objects, several in one file, with comments before them', () => {
  expect(check('# mine\n---\nkind: Namespace\n---\nkind: List\nitems: []\n---\n')).toBeUndefined();
});

it('leaves URLs to kubectl', () => {
  expect(check(undefined, 'https://host.invalid/a.yaml')).toBeUndefined();
});

it.each([
  ['a file that is not there', undefined, 'none.yaml', /there is no such file/],
  ['an empty one', '', 'empty.yaml', /empty|no Kubernetes object/],
  ['no YAML, with its line', 'kind: A\nspec: [\n', 'bad.yaml', /cannot be applied/],
  ['no Kubernetes object', 'hello: world\n', 'hello.yaml', /`kind` is missing/],
])('refuses %s', (_, text, name, said) => {
  const refused = check(text, name);
  expect(refused).toMatchObject({ exit: 2, reason: 'configuration-invalid', where: { file: join(dir, name) } });
  expect(refused?.what).toMatch(said);
});
