import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KindProfile, SystemUnderTest } from '../../../../src/domain/profile.ts';
import { clusterDigest, systemDigest, withSystem } from '../../../../src/environment/kind/cluster-digest.ts';
import { KIND, KUBEVIRT } from '../cluster-fixtures.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rf-digest-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const IDS = new Map([['kindest/node:v1.36.1', 'sha256:1']]);
const digest = (profile: Partial<KindProfile> = {}, ids: ReadonlyMap<string, string | undefined> = IDS) =>
  clusterDigest({ ...KIND, ...profile }, root, ids);
const SYSTEM: SystemUnderTest = { name: 'head', images: [], manifests: [], wait: [] };

describe('clusterDigest', () => {
  it('is the same for the same profile', () => {
    expect(digest()).toMatch(/^[0-9a-f]{64}$/);
    expect(digest()).toBe(digest());
    expect(digest({}, new Map([...IDS].reverse()))).toBe(digest());
  });

  const addons = [{ name: 'cdi', manifests: ['https://example.com/cdi.yaml'], wait: [] }];
  it.each<[string, Partial<KindProfile>]>([
    ['the node image', { image: 'kindest/node:v1.35.0' }],
    ['the nodes', { workers: 2 }],
    ['control planes', { controlPlanes: 3 }],
    ['the network', { cni: 'none' }],
    ['addresses', { podSubnet: '10.0.0.0/16' }],
    ['a kubeadm patch', { kubeadmPatches: ['a: 1'] }],
    ['a containerd patch', { containerdPatches: ['a = 1'] }],
    ['a mount', { mounts: [{ hostPath: '/a', containerPath: '/b', readOnly: true }] }],
    ['an image', { images: ['a:1'] }],
    ['an add-on', { addons }],
    ['KubeVirt’s version', { kubevirt: { ...KUBEVIRT, version: 'v1.8.0' } }],
    ['a gate', { kubevirt: { ...KUBEVIRT, featureGates: ['Root'] } }],
    ['emulation', { kubevirt: { ...KUBEVIRT, emulation: 'always' } }],
    ['the operator’s manifest', { kubevirt: { ...KUBEVIRT, operator: 'https://example.com/operator.yaml' } }],
    ['a guest, which is part of what red and green must agree on', { guests: { a: { containerDisk: 'a:1' } } }],
  ])('changes with %s', (_, profile) => {
    expect(digest(profile)).not.toBe(digest());
  });

  it('changes with whether there is KubeVirt', () => {
    const { kubevirt: _, ...plain } = KIND;
    expect(clusterDigest(plain, root, IDS)).not.toBe(digest());
  });

  it.each<[string, Partial<KindProfile>]>([
    ['a deadline', { readyDeadlineMs: 1, createDeadlineMs: 1, probe: { ...KIND.probe, deadlineMs: 1 } }],
    ['where tools lie', { kind: '/opt/kind', tools: { kubectl: '/opt/kubectl', virtctl: '' } }],
    ['systems under test, which it may hold one after the other', { systems: { head: SYSTEM } }],
  ])('does not change with %s', (_, profile) => {
    expect(digest(profile)).toBe(digest());
  });

  it('changes with the id of an image that keeps its tag, and with one that is gone', () => {
    const other = digest({}, new Map([['kindest/node:v1.36.1', 'sha256:2']]));
    const gone = digest({}, new Map([['kindest/node:v1.36.1', undefined]]));
    expect(new Set([digest(), other, gone]).size).toBe(3);
  });

  it.each<[string, (file: string) => Partial<KindProfile>]>([
    ['the operator’s manifest', (operator) => ({ kubevirt: { ...KUBEVIRT, operator } })],
    ['the KubeVirt object’s', (cr) => ({ kubevirt: { ...KUBEVIRT, cr } })],
    ['an add-on’s', (file) => ({ addons: [{ name: 'a', manifests: [file], wait: [] }] })],
  ])('changes with the content of %s manifest, from the root or by an absolute path', (_, profile) => {
    mkdirSync(join(root, 'hack'));
    for (const file of ['hack/a.yaml', join(root, 'hack/a.yaml')]) {
      rmSync(join(root, 'hack/a.yaml'), { force: true });
      const absent = digest(profile(file));
      writeFileSync(join(root, 'hack/a.yaml'), 'a: 1\n');
      const first = digest(profile(file));
      writeFileSync(join(root, 'hack/a.yaml'), 'a: 2\n');
      expect(new Set([absent, first, digest(profile(file))]).size).toBe(3);
    }
  });

  it('changes with the content of an archive of images, which no engine has an id for', () => {
    const profile = { images: ['images.tar'] };
    writeFileSync(join(root, 'images.tar'), 'one');
    const one = digest(profile);
    writeFileSync(join(root, 'images.tar'), 'two');
    expect(digest(profile)).not.toBe(one);
  });
});

describe('systemDigest', () => {
  const system = (more: Partial<SystemUnderTest>): string => systemDigest({ ...SYSTEM, ...more }, root);

  it('is empty for none', () => {
    expect(systemDigest(undefined, root)).toBe('');
  });

  it('changes with version, images, waits, manifests and what they hold; not with its name', () => {
    writeFileSync(join(root, 'a.yaml'), 'a: 1\n');
    const before = system({ manifests: ['a.yaml'] });
    writeFileSync(join(root, 'a.yaml'), 'a: 2\n');
    const all = [
      system({}),
      system({ kubevirt: { version: 'v1' } }),
      system({ kubevirt: { version: 'v2' } }),
      system({ kubevirt: { version: 'v2', cr: 'a.yaml' } }),
      system({ images: ['a:1'] }),
      system({ manifests: ['a.yaml'] }),
      system({ wait: [{ resource: 'deployment/a', condition: 'Available' }] }),
      before,
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(system({ name: 'other' })).toBe(system({}));
  });

  it('changes with the content of a system’s own manifest of KubeVirt', () => {
    writeFileSync(join(root, 'operator.yaml'), 'a: 1\n');
    const kubevirt = { version: 'v1', operator: 'operator.yaml' };
    const before = system({ kubevirt });
    writeFileSync(join(root, 'operator.yaml'), 'a: 2\n');
    expect(system({ kubevirt })).not.toBe(before);
  });

  it('changes with the content of an archive of images', () => {
    writeFileSync(join(root, 'a.tar'), 'one');
    const before = system({ images: ['a.tar'] });
    writeFileSync(join(root, 'a.tar'), 'two');
    expect(system({ images: ['a.tar'] })).not.toBe(before);
  });
});

describe('withSystem', () => {
  it('is the profile itself for none', () => {
    expect(withSystem(KIND, undefined)).toBe(KIND);
  });

  it('adds images and manifests last', () => {
    const addon = { name: 'cdi', manifests: ['cdi.yaml'], wait: [] };
    const wait = [{ resource: 'deployment/op', condition: 'Available' }];
    const system = { ...SYSTEM, images: ['op:1'], manifests: ['op.yaml'], wait };
    expect(withSystem({ ...KIND, images: ['a:1'], addons: [addon] }, system)).toEqual({
      ...KIND,
      images: ['a:1', 'op:1'],
      addons: [addon, { name: 'system-head', manifests: ['op.yaml'], wait }],
    });
  });

  it('puts KubeVirt’s version in place of the profile’s, whose operator belongs to another; all else stays', () => {
    const kubevirt = {
      ...KUBEVIRT,
      operator: 'old.yaml',
      cr: 'cr.yaml',
      featureGates: ['Root'],
      emulation: 'always',
    } as const;
    const { operator: _, ...kept } = kubevirt;
    const changed = withSystem({ ...KIND, kubevirt }, { ...SYSTEM, kubevirt: { version: 'v2' } });
    expect(changed).toEqual({ ...KIND, kubevirt: { ...kept, version: 'v2' } });
    const own = { version: 'v2', operator: 'new.yaml', cr: 'new-cr.yaml' };
    expect(withSystem({ ...KIND, kubevirt }, { ...SYSTEM, kubevirt: own }).kubevirt).toEqual({ ...kept, ...own });
  });

  it('brings KubeVirt into a profile that has none, and none where the system has none', () => {
    const { kubevirt: _, ...plain } = KIND;
    expect(withSystem(plain, { ...SYSTEM, kubevirt: { version: 'v2' } }).kubevirt).toEqual({
      ...KUBEVIRT,
      version: 'v2',
    });
    expect('kubevirt' in withSystem(plain, SYSTEM)).toBe(false);
  });

  it('waits for nothing without manifests, and keeps the add-ons', () => {
    expect(withSystem(KIND, SYSTEM)).toEqual(KIND);
  });
});
