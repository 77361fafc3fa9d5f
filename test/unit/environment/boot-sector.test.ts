import { describe, expect, it } from 'vitest';
import { bootSector } from '../../../src/environment/boot-sector.ts';

/** What GNU as makes of the same program, written down once: the comments in the source must not be the only witness. */
const ASSEMBLED =
  'fa31c08ed88ed0bc007cfcbe537ce82a00b00be670e4710c1088c4b00be67088e0e671b00ce670e471b0fbe621b0fee6a1' +
  'fbf4be697ce80200ebf6ac84c0741288c4bafd03eca82074fb88e0baf803eeebe9c3';

describe('bootSector', () => {
  const sector = Buffer.from(bootSector());

  it('is one sector with the boot signature', () => {
    expect(sector.length).toBe(512);
    expect(sector.subarray(510).toString('hex')).toBe('55aa');
  });

  it('holds the code as an assembler makes it', () => {
    expect(sector.subarray(0, 0x53).toString('hex')).toBe(ASSEMBLED);
  });

  it('holds its two texts where the code looks for them, and nothing else', () => {
    expect(sector.subarray(0x53, 0x69).toString('latin1')).toBe('REDFIRST-GUEST-READY\n\0');
    expect(sector.subarray(0x69, 0x6f).toString('latin1')).toBe('beat\n\0');
    expect(sector.subarray(0x6f, 510).every((byte) => byte === 0)).toBe(true);
  });
});
