import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callKubectl } from '../../../../src/environment/kubeconfig/caller-kubectl.ts';
import { kubectl, targetArgs } from '../../../../src/environment/kubernetes/kubectl.ts';

let dir: string;
let path: string;

/** Says how it was called, in place of kubectl. */
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-kubectl-'));
  path = join(dir, 'kubectl');
  writeFileSync(path, '#!/bin/sh\nprintf "%s\\n" "$@"; printf "KUBECACHEDIR=%s\\n" "$KUBECACHEDIR"\n', { mode: 0o755 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('no call keeps a cache: the caller’s ~/.kube is left alone, and what an earlier call saw does not count', async () => {
  const bound = kubectl({ path, kubeconfig: '/k', context: 'c', cwd: dir, env: {} });
  const said = await bound.run(['get', 'pods']);
  expect(said).toEqual({
    ok: true,
    value: '--kubeconfig=/k\n--context=c\n--cache-dir=/dev/null\nget\npods\nKUBECACHEDIR=\n',
  });
  expect(targetArgs({ kubeconfig: '/k' })).toEqual(['--kubeconfig=/k', '--cache-dir=/dev/null']);
});

test('nor does one with the caller’s own files; a login program finds the cache that the caller names', async () => {
  const env = { KUBECACHEDIR: '/callers' };
  const caller = { kubectl: path, paths: ['/k'], env, signal: new AbortController().signal };
  const said = await callKubectl(caller, ['get', '--raw', '/version']);
  expect(said).toEqual({
    ok: true,
    value: '--cache-dir=/dev/null\nget\n--raw\n/version\nKUBECACHEDIR=/callers\n',
  });
});
