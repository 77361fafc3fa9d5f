import { describe, expect, it } from 'vitest';
import { bootSector } from '../../../src/environment/boot-sector.ts';

/** What GNU as makes of the same program, written down once: the comments in the source must not be the only witness. */
const ASSEMBLED =
  'fa31c08ed88ed0bc007cfcb00be670e4710c1088c4b00be67088e0e671b00ce670e471b0fbe621b0fee6a1be587ce80a' +
  '00fbf4be6e7ce80200ebf6ac84c07417e80200ebf688c4bafd0331c9eca820e1fb88e0baf803eec3';

describe('bootSector', () => {
  const sector = Buffer.from(bootSector());

  it('is one sector with the boot signature', () => {
    expect(sector.length).toBe(512);
    expect(sector.subarray(510).toString('hex')).toBe('55aa');
  });

  it('holds the code as an assembler makes it', () => {
    expect(sector.subarray(0, 0x58).toString('hex')).toBe(ASSEMBLED);
  });

  it('holds its two texts where the code looks for them, and nothing else', () => {
    expect(sector.subarray(0x58, 0x6e).toString('latin1')).toBe('REDFIRST-GUEST-READY\n\0');
    expect(sector.subarray(0x6e, 0x74).toString('latin1')).toBe('beat\n\0');
    expect(sector.subarray(0x74, 510).every((byte) => byte === 0)).toBe(true);
  });
});
