import { describe, expect, it } from 'vitest';
import { address, assembleBootDisk, littleEndian, near, short, text } from '../../../src/environment/machine-code.ts';

describe('assembleBootDisk', () => {
  it('counts jumps and calls from the end of their instruction, forwards and backwards', () => {
    const disk = assembleBootDisk([
      'back:',
      [0xeb, short('ahead')],
      [0xe8, near('back')],
      'ahead:',
      [0xeb, short('back')],
    ]);
    expect([...disk.subarray(0, 7)]).toEqual([0xeb, 3, 0xe8, 0xfb, 0xff, 0xeb, 0xf9]);
  });

  it('fills in addresses from 0x7c00 on', () => {
    const disk = assembleBootDisk([[0xbe, address('hello')], 'hello:', text('hi')]);
    expect([...disk.subarray(0, 7)]).toEqual([0xbe, 0x03, 0x7c, 0x68, 0x69, 0, 0]);
  });

  it('ends its first sector with the boot signature and pads with zeros', () => {
    const disk = assembleBootDisk([[0xf4]], 2048);
    expect(disk.length).toBe(2048);
    expect([...disk.subarray(508, 514)]).toEqual([0, 0, 0x55, 0xaa, 0, 0]);
  });

  it('refuses what cannot be laid out', () => {
    expect(() => assembleBootDisk([[0xeb, short('nowhere')]])).toThrow(new TypeError('no label nowhere'));
    const distant = [[0xeb, short('far')], Array<number>(128).fill(0x90), 'far:'];
    expect(() => assembleBootDisk(distant)).toThrow(new TypeError('far is too far away: 128 bytes'));
    expect(() => assembleBootDisk([Array<number>(511).fill(0x90)])).toThrow(
      new TypeError('511 bytes of code do not fit into 510'),
    );
  });
});

describe('littleEndian', () => {
  it('stores what does not fit a signed number, and negative ones', () => {
    expect(littleEndian(0x8000f840, 4)).toEqual([0x40, 0xf8, 0x00, 0x80]);
    expect(littleEndian(-2, 2)).toEqual([0xfe, 0xff]);
  });
});
