import { describe, expect, it } from 'vitest';
import { tinyGuestDisk } from '../../../../src/environment/kubevirt/tiny-guest.ts';

/** What GNU as makes of the same program, written down once: the comments in the source must not be the only witness. */
const ASSEMBLED =
  'fa31c08ed88ed0bc007cfc31ed66b800f80080e89100663d8680182966b840f80080741766b8000b0080e87a00663d86' +
  '80137166b8400b00807510e86900248089c589eab80001ef4242efb00be670e4710c1088c4b00be67088e0e671b00ce6' +
  '70e471b0fbe621b0fee6a16631dbbee87ce85700fbf4fa6643be017de84c006689d8e82c00be077de8400085ed74e589' +
  'eaedf6c40174ddbe0a7de82e008d5604b80020eff4ebfdbaf80c66efb2fc66edc36631d266b90a00000066f7f1526685' +
  'c07403e8ebff580430eb0aac84c07417e80200ebf688c4bafd0331c9eca820e1fb88e0baf803eec3';
const CODE_BYTES = ASSEMBLED.length / 2;
const TEXTS = '\r\nREDFIRST-GUEST-READY\r\n\0beat \0\r\n\0REDFIRST-GUEST-POWER-BUTTON\r\n\0';

describe('tinyGuestDisk', () => {
  const disk = Buffer.from(tinyGuestDisk());

  it('is one MiB with the boot signature', () => {
    expect(disk.length).toBe(1024 * 1024);
    expect(disk.subarray(510, 512).toString('hex')).toBe('55aa');
  });

  it('holds the code as an assembler makes it', () => {
    expect(disk.subarray(0, CODE_BYTES).toString('hex')).toBe(ASSEMBLED);
  });

  it('holds its texts behind the code, and nothing else', () => {
    const end = CODE_BYTES + TEXTS.length;
    expect(disk.subarray(CODE_BYTES, end).toString('latin1')).toBe(TEXTS);
    expect(disk.subarray(end, 510).every((byte) => byte === 0)).toBe(true);
    expect(disk.subarray(512).every((byte) => byte === 0)).toBe(true);
  });
});
