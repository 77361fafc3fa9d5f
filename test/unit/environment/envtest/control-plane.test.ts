import { createPublicKey, createSign, createVerify } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notEstablished } from '../../../../src/environment/envtest/apply-manifests.ts';
import { readCertificate, whyNotReady } from '../../../../src/environment/envtest/ask-ready.ts';
import { envtestKubeconfig, writeCredentials } from '../../../../src/environment/envtest/credentials.ts';
import { freePort } from '../../../../src/environment/envtest/free-port.ts';
import { lastWords, logTail } from '../../../../src/environment/envtest/process-log.ts';
import {
  apiServerArguments,
  controlPlaneFiles,
  etcdArguments,
} from '../../../../src/environment/envtest/server-arguments.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-plane-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the arguments of a control plane', () => {
  const files = controlPlaneFiles('/tmp/rf-0123456789ab/e0/envtest');

  it('let nobody but the owner of the folder reach etcd', () => {
    const listening = etcdArguments(files).filter((argument) => argument.startsWith('--listen'));
    expect(listening).toHaveLength(2);
    for (const argument of listening) expect(argument).toContain('=unix:///tmp/rf-0123456789ab/e0/envtest/');
    expect(apiServerArguments(files, 6443)).toContain(`--etcd-servers=unix://${files.etcdSocket}`);
  });

  it('bind the API server to the loopback address, with RBAC', () => {
    expect(apiServerArguments(files, 6443)).toEqual(
      expect.arrayContaining(['--bind-address=127.0.0.1', '--secure-port=6443', '--authorization-mode=RBAC']),
    );
  });
});

describe('credentials', () => {
  it('are a key pair that fits, and one administrator, for the owner’s eyes alone', async () => {
    const files = controlPlaneFiles(dir);
    await writeCredentials(files, 's3cret');
    expect(readFileSync(files.tokens, 'utf8')).toBe('s3cret,redfirst,redfirst,"system:masters"\n');
    for (const path of [files.tokens, files.serviceAccountKey]) expect(statSync(path).mode & 0o777).toBe(0o600);
    const signature = createSign('sha256').update('x').sign(readFileSync(files.serviceAccountKey));
    const key = createPublicKey(readFileSync(files.serviceAccountPublicKey));
    expect(createVerify('sha256').update('x').verify(key, signature)).toBe(true);
  });

  it('make a kubeconfig with its context set', () => {
    expect(JSON.parse(envtestKubeconfig(6443, 'PEM', 's3cret'))).toMatchObject({
      'current-context': 'envtest',
      clusters: [{ cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': 'UEVN' } }],
      users: [{ user: { token: 's3cret' } }],
    });
  });
});

describe('readCertificate', () => {
  it('takes a certificate only once it is written whole', () => {
    const path = join(dir, 'apiserver.crt');
    expect(readCertificate(path)).toBeUndefined();
    writeFileSync(path, '-----BEGIN CERTIFICATE-----\nMII');
    expect(readCertificate(path)).toBeUndefined();
    writeFileSync(path, '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n');
    expect(readCertificate(path)).toMatch(/^-----BEGIN/);
  });
});

describe('a port', () => {
  it('that is free can be bound, and nobody answers on it', async () => {
    const port = await freePort();
    expect(await whyNotReady(port, '', 'x')).toBe('it does not answer');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('logs', () => {
  it('give the last line that tells of an error, else the last one', () => {
    const path = join(dir, 'log');
    expect(lastWords(path)).toBe('');
    writeFileSync(path, 'one\ntwo\n');
    expect(lastWords(path)).toBe('two');
    writeFileSync(path, 'I1 fine\nE1126 run.go:72] "command failed" err="bind: address already in use"\nI1 bye\n');
    expect(lastWords(path)).toContain('address already in use');
    writeFileSync(path, '{"level":"fatal","msg":"no","error":"x"}\n');
    expect(lastWords(path)).toContain('"error":"x"');
  });

  it('are kept by their end', async () => {
    const path = join(dir, 'log');
    expect(await logTail(path)).toBe('');
    writeFileSync(path, `${'a'.repeat(100_000)}end`);
    const kept = await logTail(path);
    expect(kept).toHaveLength(64 * 1024);
    expect(kept.endsWith('aend')).toBe(true);
    mkdirSync(join(dir, 'folder'));
    expect(await logTail(join(dir, 'folder'))).toBe('');
  });
});

describe('notEstablished', () => {
  const crd = (name: string, conditions: { type: string; status: string; message?: string }[]) => ({
    metadata: { name },
    status: { conditions },
  });

  it('names the definitions that are not served yet, and why not', () => {
    expect(
      notEstablished([
        crd('a.x', [{ type: 'Established', status: 'True' }]),
        crd('b.x', []),
        crd('c.x', [
          { type: 'NamesAccepted', status: 'False', message: 'plural is already in use' },
          { type: 'Established', status: 'False', message: 'not all names are accepted' },
        ]),
        { metadata: { name: 'd.x' } },
      ]),
    ).toEqual([
      'CRD b.x to be Established',
      'CRD c.x to be Established (plural is already in use)',
      'CRD d.x to be Established',
    ]);
  });
});
