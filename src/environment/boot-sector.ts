import { PRINT, SET_UP, TICK_EACH_SECOND } from './guest-routines.ts';
import { address, assembleBootDisk, near, short, text } from './machine-code.ts';

/** The line that the probe guest writes to its first serial port once its own code runs. */
export const READY_LINE = 'REDFIRST-GUEST-READY';
/** The line that it writes about once a second afterwards. */
export const BEAT_LINE = 'beat';
/** How far apart two beats are: the real-time clock's update interrupt (MC146818 data sheet, "update-ended"). */
export const BEAT_PERIOD_MS = 1000;

/**
 * The probe guest: one boot sector in 16-bit real mode for any machine with PC firmware. It shows that the accelerator
 * executes a guest's instructions, timer interrupts included, and sleeps (`hlt`) in between, so that it costs next to nothing.
 *
 * @returns 512 bytes, ending in the boot signature 55 AA.
 */
export function bootSector(): Uint8Array {
  return assembleBootDisk([
    ...SET_UP,
    ...TICK_EACH_SECOND,
    [0xbe, address('ready')], //             mov  si, ready
    [0xe8, near('print')], //                call print
    'again:',
    [0xfb], //                               sti
    [0xf4], //                               hlt                sleeps until the next second
    [0xbe, address('beat')], //              mov  si, beat
    [0xe8, near('print')], //                call print
    [0xeb, short('again')], //               jmp  again
    ...PRINT,
    'ready:',
    text(`${READY_LINE}\n`),
    'beat:',
    text(`${BEAT_LINE}\n`),
  ]);
}
