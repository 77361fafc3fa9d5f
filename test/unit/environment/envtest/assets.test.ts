import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assetFolders, findAssets } from '../../../../src/environment/envtest/assets.ts';

const tools = { kubectl: 'kubectl', virtctl: '' };

describe('assetFolders', () => {
  it('takes what the profile names, from the root of the repository, before the environment’s', () => {
    const env = { KUBEBUILDER_ASSETS: '/opt/assets', HOME: '/home/me' };
    expect(assetFolders({ tools, assets: 'bin/k8s' }, '/repo', env)).toEqual(['/repo/bin/k8s']);
    expect(assetFolders({ tools, assets: '/abs' }, '/repo', env)).toEqual(['/abs']);
    expect(assetFolders({ tools }, '/repo', env)).toEqual(['/opt/assets']);
    expect(assetFolders({ tools }, '/repo', { KUBEBUILDER_ASSETS: 'here' })).toEqual(['/repo/here']);
  });

  it('looks where controller-runtime does, and in the folder that doctor fills, when nothing is named', () => {
    const [first, second, ...rest] = assetFolders({ tools }, '/repo', { HOME: '/home/me', KUBEBUILDER_ASSETS: '' });
    expect(first).toBe('/usr/local/kubebuilder/bin');
    expect(second).toMatch(/^\/home\/me\/\.local\/share\/redfirst\/tools\//);
    expect(rest).toEqual([]);
  });
});

describe('findAssets', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rf-assets-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const program = (name: string, script: string): void => {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, name), 0o755);
  };
  const find = () => findAssets({ tools, assets: dir }, '/', undefined, { PATH: '', HOME: dir });

  it('finds the three, and what they say they are', async () => {
    program('etcd', 'echo "etcd Version: 3.6.13"; echo "Git SHA: x"');
    program('kube-apiserver', 'echo "Kubernetes v1.36.2"');
    program('kubectl', '');
    expect(await find()).toEqual({
      ok: true,
      value: {
        etcd: { path: join(dir, 'etcd'), version: '3.6.13' },
        apiServer: { path: join(dir, 'kube-apiserver'), version: 'v1.36.2' },
        kubectl: join(dir, 'kubectl'),
      },
    });
  });

  it('names what is missing, and how to get it', async () => {
    program('etcd', '');
    expect(await find()).toMatchObject({
      ok: false,
      failure: { what: `kube-apiserver is not in ${dir}`, next: expect.stringContaining('setup-envtest') },
    });
    program('kube-apiserver', '');
    expect(await find()).toMatchObject({ ok: false, failure: { what: 'kubectl is not on this machine' } });
  });

  it('says what a program answers that is not one of them', async () => {
    program('etcd', 'echo "etcd Version: 3.6.13"');
    program('kubectl', '');
    program('kube-apiserver', 'echo "cannot execute binary file" >&2; exit 126');
    expect(await find()).toMatchObject({
      ok: false,
      failure: { what: `${dir}/kube-apiserver does not tell its version: cannot execute binary file` },
    });
  });
});
