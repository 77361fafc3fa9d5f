import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findExecutable, identifyFirmware, inspectQemu, parseMachines } from '../../../src/environment/qemu-binary.ts';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'rf-binary-')));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(name: string, script: string): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const QEMU = `case "$1" in
--version) echo "QEMU emulator version 9.1.0 (distro 1:9.1)"; echo "Copyright (c)" ;;
-machine) printf 'Supported machines are:\\npc    Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-9.1)\\n'
  printf 'pc-i440fx-9.1  Standard PC (default)\\nmicrovm  microvm (i386)\\n' ;;
-L) dirname "$0" | sed 's,$,/none,; p; s,none$,share,' ;;
esac`;

describe('findExecutable', () => {
  it('looks along PATH for a file that can be executed', () => {
    mkdirSync(join(dir, 'a/qemu'), { recursive: true });
    mkdirSync(join(dir, 'b'));
    writeFileSync(join(dir, 'b/qemu'), '');
    const found = program('qemu', '');
    expect(findExecutable('qemu', `${dir}/a:${dir}/b::${dir}`)).toBe(found);
    expect(findExecutable('qemu', `${dir}/a:${dir}/b`)).toBeUndefined();
  });

  it('takes a path as it stands', () => {
    const path = program('qemu', '');
    expect(findExecutable(path, '')).toBe(path);
    expect(findExecutable(`${path}-not`, dir)).toBeUndefined();
  });
});

describe('parseMachines', () => {
  it('resolves aliases and keeps the others', () => {
    const text =
      'Supported machines are:\npc   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)\nq35  Q35 (alias of pc-q35-7.2)\nnone empty machine\n';
    expect([...parseMachines(text)]).toEqual([
      ['pc', 'pc-i440fx-7.2'],
      ['q35', 'pc-q35-7.2'],
      ['none', 'none'],
    ]);
  });
});

describe('inspectQemu', () => {
  it('tells the real path, version and machine', async () => {
    const real = program('qemu-real', QEMU);
    symlinkSync(real, join(dir, 'qemu'));
    expect(await inspectQemu(join(dir, 'qemu'), 'pc')).toEqual({
      ok: true,
      value: { path: real, version: '9.1.0 (distro 1:9.1)', machine: 'pc-i440fx-9.1' },
    });
  });

  it('says what to install when there is none', async () => {
    expect(await inspectQemu('qemu-system-nothing', 'pc')).toMatchObject({
      ok: false,
      failure: {
        reason: 'tool-missing',
        what: 'qemu-system-nothing is not on this machine',
        exit: 3,
        next: expect.stringContaining('apt-get install qemu-system-x86'),
      },
    });
  });

  it('says which machine types there are', async () => {
    const path = program('qemu', QEMU);
    expect(await inspectQemu(path, 'pcx')).toMatchObject({
      ok: false,
      failure: {
        what: `${path} knows no machine type pcx`,
        next: 'set `machine` in the profile to one of: microvm, pc',
      },
    });
  });

  it('refuses a program that is no QEMU, and one that fails', async () => {
    const other = program('other', 'echo hello');
    expect(await inspectQemu(other, 'pc')).toMatchObject({
      ok: false,
      failure: { what: `${other} does not answer --version as QEMU does` },
    });
    const broken = program('broken', 'echo "error while loading shared libraries" >&2; exit 127');
    expect(await inspectQemu(broken, 'pc')).toMatchObject({
      ok: false,
      failure: { what: `\`${broken} --version\`: exit code 127 (error while loading shared libraries)` },
    });
  });
});

describe('identifyFirmware', () => {
  const ROMS =
    'fw=genroms/kvmvapic.bin size=0x002400 name="kvmvapic.bin"\r\naddr=00000000fffc0000 size=0x040000 mem=rom name="bios-256k.bin"\r\n';

  it('finds the image among the data folders', async () => {
    const path = program('qemu', QEMU);
    mkdirSync(join(dir, 'share'));
    writeFileSync(join(dir, 'share/bios-256k.bin'), 'firmware');
    const digest = createHash('sha256').update('firmware').digest('hex');
    expect(await identifyFirmware(path, ROMS)).toBe(`bios-256k.bin sha256:${digest}`);
  });

  it('says nothing rather than guess', async () => {
    const path = program('qemu', QEMU);
    expect(await identifyFirmware(path, ROMS)).toBeUndefined();
    expect(await identifyFirmware(path, 'no roms')).toBeUndefined();
  });
});
