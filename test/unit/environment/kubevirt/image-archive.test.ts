import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { imageArchive, tinyGuestImage } from '../../../../src/environment/kubevirt/image-archive.ts';
import { tinyGuestDisk } from '../../../../src/environment/kubevirt/tiny-guest.ts';

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

function tar(archive: Uint8Array, ...args: string[]): Buffer {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const maxBuffer = 8 * 1024 * 1024;
  return execFileSync('tar', [...args.slice(0, 1), '-f', '-', ...args.slice(1)], { input: archive, env, maxBuffer });
}

/** What tar says of each entry, with single blanks. */
function listing(archive: Uint8Array): string[] {
  const lines = String(tar(archive, '-tv', '--numeric-owner'))
    .trimEnd()
    .split('\n');
  return lines.map((line) => line.replaceAll(/ +/g, ' '));
}

interface Manifest {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

function readManifest(archive: Uint8Array): Manifest {
  const [manifest, ...more] = JSON.parse(String(tar(archive, '-xO', 'manifest.json'))) as Manifest[];
  if (manifest === undefined || more.length > 0) throw new Error('not one image');
  return manifest;
}

const ARCHIVE = imageArchive({
  name: 'example.org/some:1',
  files: [
    { path: 'disk/disk.img', content: Buffer.from('disk') },
    { path: 'boot/x/kernel', content: new Uint8Array(513) },
    { path: 'boot/initrd', content: new Uint8Array(512) },
    { path: 'boot.txt', content: new Uint8Array(0) },
  ],
});

describe('imageArchive', () => {
  it('names its parts by their digests', () => {
    const { Config, RepoTags, Layers } = readManifest(ARCHIVE);
    expect(RepoTags).toEqual(['example.org/some:1']);
    const config = tar(ARCHIVE, '-xO', Config);
    expect(Config).toBe(`${sha256(config)}.json`);
    const layers = Layers.map((path) => sha256(tar(ARCHIVE, '-xO', path)));
    expect(Layers).toEqual(layers.map((digest) => `${digest}.tar`));
    expect(JSON.parse(String(config))).toEqual({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map((digest) => `sha256:${digest}`) },
    });
  });

  it('holds the files in one layer, with their folders, for the user of QEMU', () => {
    const layer = tar(ARCHIVE, '-xO', readManifest(ARCHIVE).Layers[0] ?? '');
    expect(listing(layer)).toEqual([
      'dr-xr-xr-x 107/107 0 1970-01-01 00:00 boot/',
      '-r--r--r-- 107/107 0 1970-01-01 00:00 boot.txt',
      '-r--r--r-- 107/107 512 1970-01-01 00:00 boot/initrd',
      'dr-xr-xr-x 107/107 0 1970-01-01 00:00 boot/x/',
      '-r--r--r-- 107/107 513 1970-01-01 00:00 boot/x/kernel',
      'dr-xr-xr-x 107/107 0 1970-01-01 00:00 disk/',
      '-r--r--r-- 107/107 4 1970-01-01 00:00 disk/disk.img',
    ]);
    expect(String(tar(layer, '-xO', 'disk/disk.img'))).toBe('disk');
  });

  it('refuses a path that tar cannot hold', () => {
    const path = `disk/${'ä'.repeat(48)}`;
    expect(() => imageArchive({ name: 'example.org/some:1', files: [{ path, content: new Uint8Array() }] })).toThrow(
      new TypeError(`longer than a tar name may be: ${path}`),
    );
  });
});

describe('tinyGuestImage', () => {
  const { name, archive } = tinyGuestImage();

  it('is named after the content of its disk', () => {
    expect(name).toBe(`redfirst.dev/tiny-guest:${sha256(tinyGuestDisk()).slice(0, 12)}`);
    expect(readManifest(archive).RepoTags).toEqual([name]);
  });

  it('is the same each time', () => {
    const again = tinyGuestImage();
    expect(again.name).toBe(name);
    expect(sha256(again.archive)).toBe(sha256(archive));
  });

  it('holds the disk where KubeVirt looks for it', () => {
    const layer = tar(archive, '-xO', readManifest(archive).Layers[0] ?? '');
    expect(listing(layer)).toEqual([
      'dr-xr-xr-x 107/107 0 1970-01-01 00:00 disk/',
      '-r--r--r-- 107/107 1048576 1970-01-01 00:00 disk/disk.img',
    ]);
  });
});
