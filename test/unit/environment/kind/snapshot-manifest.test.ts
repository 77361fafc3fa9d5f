import { expect, test } from 'vitest';
import {
  atPort,
  earliestExpiryMs,
  readManifest,
  type SnapshotManifest,
  snapshotMisfit,
} from '../../../../src/environment/kind/snapshot-manifest.ts';

const DAY_MS = 24 * 3_600_000;
const TAKEN_MS = Date.parse('2026-11-20T10:00:00Z');
const FILE = { file: 'one-control-plane.var.tar', bytes: 10, sha256: 'ab' };
const MANIFEST = {
  ...{ v: 1, cluster: 'one', profile: 'kind-plain', digest: 'd1', takenAtMs: TAKEN_MS },
  ...{ validUntilMs: TAKEN_MS + 365 * DAY_MS, nodeImageId: 'sha256:node', versions: {} },
  network: { name: 'kind', driver: 'bridge', ipv6: true, options: {}, subnets: [] },
  kubeconfig: { ...FILE, file: 'kubeconfig' },
  nodes: [
    { recipe: { name: 'one-control-plane', ports: [] }, role: 'control-plane', rootImage: 'sha256:root', volume: FILE },
  ],
} as unknown as SnapshotManifest;
const WANTED = { digest: 'd1', cluster: 'one', nodes: 1, nowMs: TAKEN_MS + DAY_MS };

test('a manifest is read as it was written', () => {
  expect(readManifest(JSON.stringify(MANIFEST))).toEqual(MANIFEST);
});

test.each([
  ['no JSON', '{'],
  ['nothing', 'null'],
  ['another version', JSON.stringify({ ...MANIFEST, v: 2 })],
  ['no nodes', JSON.stringify({ ...MANIFEST, nodes: [] })],
  ['a node that is none', JSON.stringify({ ...MANIFEST, nodes: [null] })],
  ['no network', JSON.stringify({ ...MANIFEST, network: undefined })],
  ['a file outside its folder', JSON.stringify({ ...MANIFEST, kubeconfig: { ...FILE, file: '../kubeconfig' } })],
])('%s is no manifest', (_, text) => {
  expect(readManifest(text)).toBeUndefined();
});

test('a snapshot fits the digest, the cluster and the number of nodes that it was taken of', () => {
  expect(snapshotMisfit(MANIFEST, WANTED)).toBeUndefined();
  expect(snapshotMisfit(MANIFEST, { ...WANTED, digest: 'd2' })).toContain('of another digest');
  expect(snapshotMisfit(MANIFEST, { ...WANTED, cluster: 'two' })).toBe('it is of cluster one');
  expect(snapshotMisfit(MANIFEST, { ...WANTED, nodes: 3 })).toBe('it has 1 nodes, the profile 3');
});

test('a snapshot is not restored where its certificates are not valid: before it was taken, and on their last day', () => {
  expect(snapshotMisfit(MANIFEST, { ...WANTED, nowMs: TAKEN_MS - 1 })).toContain('later than this machine');
  expect(snapshotMisfit(MANIFEST, { ...WANTED, nowMs: MANIFEST.validUntilMs - 2 * DAY_MS })).toBeUndefined();
  expect(snapshotMisfit(MANIFEST, { ...WANTED, nowMs: MANIFEST.validUntilMs - DAY_MS / 2 })).toBe(
    'a certificate in it expires at 2027-11-20T10:00:00.000Z',
  );
});

test('the first certificate to expire counts; text that is no certificate does not', () => {
  expect(earliestExpiryMs(`${CERTIFICATE_2036}\n${CERTIFICATE_2027}\n`)).toBe(Date.parse('2027-01-02T03:04:05Z'));
  expect(earliestExpiryMs('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toBeUndefined();
  expect(earliestExpiryMs('')).toBeUndefined();
});

test('a kubeconfig follows its server to another port, and nothing else in it changes', () => {
  const text =
    'clusters:\n- cluster:\n    server: https://127.0.0.1:39437\n  name: a:39437\n- cluster:\n    server: https://b:1\n';
  expect(atPort(text, new Map([[39437, 40001]]))).toBe(text.replace('127.0.0.1:39437', '127.0.0.1:40001'));
  expect(atPort(text, new Map([[3943, 1]]))).toBe(text);
});

/** Self-signed, by a key that nobody has any more. */
const CERTIFICATE_2027 = `-----BEGIN CERTIFICATE-----
MIH+MIGmAgEBMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAWIwHhcNMjYwMTAxMDAw
MDAwWhcNMjcwMTAyMDMwNDA1WjAMMQowCAYDVQQDDAFiMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAExglpf7l1jbYrHnGaW9bjjE3eBPJAJS5dAWIE1Re8USAMbDBC
wzIHUGc8FN4qCzegUGT69HipF40qZqxejMsguDAKBggqhkjOPQQDAgNHADBEAiA8
h07DLJ5FCAy9JwPOCCa3zY4FKMCJQZ8P8XBuOh9T8gIgBmZpt/AxI+K109AkQFPr
AmkUrDjZzPd0suVYV2hsgwg=
-----END CERTIFICATE-----`;
const CERTIFICATE_2036 = `-----BEGIN CERTIFICATE-----
MIH/MIGmAgECMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAWMwHhcNMjYwMTAxMDAw
MDAwWhcNMzYwMTAyMDMwNDA1WjAMMQowCAYDVQQDDAFjMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAExglpf7l1jbYrHnGaW9bjjE3eBPJAJS5dAWIE1Re8USAMbDBC
wzIHUGc8FN4qCzegUGT69HipF40qZqxejMsguDAKBggqhkjOPQQDAgNIADBFAiEA
z/V9NxbobUi5rAAtYZEyQ8wbhvpfKxhjBIe7YlZdHhgCIDAKFrladHB8KwjbvAH/
OB5ii+ChrH9fGdo+D5wEfH9n
-----END CERTIFICATE-----`;
