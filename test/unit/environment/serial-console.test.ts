import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serialLines, waitForSerialLine } from '../../../src/environment/serial-console.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-serial-'));
  path = join(dir, 'console.log');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('serialLines', () => {
  it('has none of a console that does not exist yet', () => {
    expect(serialLines(path)).toEqual([]);
  });

  it('leaves out the line that is not finished, and carriage returns', () => {
    writeFileSync(path, 'one\r\ntwo\nthr');
    expect(serialLines(path)).toEqual(['one', 'two']);
  });

  it('keeps every byte as one character', () => {
    writeFileSync(path, Buffer.from([0xff, 0x00, 0x80, 0x0a]));
    expect(serialLines(path)).toEqual(['\u00ff\u0000\u0080']);
  });
});

describe('waitForSerialLine', () => {
  it('waits for a line that comes later, in parts', async () => {
    writeFileSync(path, 'boot\nlog');
    setTimeout(() => appendFileSync(path, 'in: \nmore\n'), 50);
    const found = await waitForSerialLine(path, (line) => line.startsWith('login'), 30_000);
    expect(found).toEqual({ ok: true, value: { line: 'login: ', index: 1 } });
  });

  it('counts only lines from an index on', async () => {
    writeFileSync(path, 'beat\nbeat\n');
    const found = await waitForSerialLine(path, (line) => line === 'beat', 30_000, { from: 1 });
    expect(found).toEqual({ ok: true, value: { line: 'beat', index: 1 } });
  });

  it('says what was seen when nothing matches in time', async () => {
    const silent = await waitForSerialLine(path, () => true, 40);
    expect(silent).toEqual({ ok: false, failure: 'the guest wrote nothing, and not the expected line, in 40 ms' });
    writeFileSync(path, 'panic\nhal');
    const other = await waitForSerialLine(path, (line) => line === 'login', 40);
    expect(other).toEqual({ ok: false, failure: 'the guest wrote "panic" last, and not the expected line, in 40 ms' });
  });

  it('gives up early for a reason, but not on a line that is there', async () => {
    const abandoned = (): string => 'QEMU ended';
    expect(await waitForSerialLine(path, () => true, 30_000, { abandoned })).toEqual({
      ok: false,
      failure: 'QEMU ended',
    });
    writeFileSync(path, 'ready\n');
    expect((await waitForSerialLine(path, () => true, 30_000, { abandoned })).ok).toBe(true);
  });
});
