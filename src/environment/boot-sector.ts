/** The line that the probe guest writes to its first serial port once its own code runs. */
export const READY_LINE = 'REDFIRST-GUEST-READY';
/** The line that it writes about once a second afterwards. */
export const BEAT_LINE = 'beat';
/** How far apart two beats are: the real-time clock's update interrupt (MC146818 data sheet, "update-ended"). */
export const BEAT_PERIOD_MS = 1000;

const SECTOR_BYTES = 512;
/** Where a PC's firmware loads the first sector of the boot disk and jumps to. */
const LOAD_ADDRESS = 0x7c00;

/**
 * The probe guest: one boot sector in 16-bit real mode for any machine with PC firmware. It shows that the accelerator
 * executes a guest's instructions, timer interrupts included, and sleeps (`hlt`) in between, so that it costs next to nothing.
 *
 * The bytes are x86 machine code (Intel SDM volume 2); `objdump -D -b binary -mi386 -Maddr16,data16 --adjust-vma=0x7c00`
 * shows them again. Ports: 0x3f8 first UART (16550), 0x70/0x71 RTC, 0x21/0xa1 interrupt masks (8259A).
 * The firmware's own handler of interrupt 0x70 acknowledges the clock, so none of ours is needed.
 *
 * @returns 512 bytes, ending in the boot signature 55 AA.
 */
export function bootSector(): Uint8Array {
  const print = 0x3b;
  const ready = 0x53;
  const beat = ready + READY_LINE.length + 2;
  const code = [
    [0xfa], //                      00 cli                   no interrupt before the stack is ours
    [0x31, 0xc0], //                01 xor  ax, ax
    [0x8e, 0xd8], //                03 mov  ds, ax           data segment 0
    [0x8e, 0xd0], //                05 mov  ss, ax           stack segment 0
    [0xbc, ...word(LOAD_ADDRESS)], // 07 mov sp, 0x7c00      the stack grows down from the code
    [0xfc], //                      0a cld                   lodsb goes upwards
    [0xbe, ...word(LOAD_ADDRESS + ready)], // 0b mov si, ready
    [0xe8, ...word(print - 0x11)], // 0e call print
    [0xb0, 0x0b], //                11 mov  al, 0x0b         RTC register B …
    [0xe6, 0x70], //                13 out  0x70, al
    [0xe4, 0x71], //                15 in   al, 0x71
    [0x0c, 0x10], //                17 or   al, 0x10         … bit 4: interrupt after each second's update
    [0x88, 0xc4], //                19 mov  ah, al
    [0xb0, 0x0b], //                1b mov  al, 0x0b
    [0xe6, 0x70], //                1d out  0x70, al
    [0x88, 0xe0], //                1f mov  al, ah
    [0xe6, 0x71], //                21 out  0x71, al
    [0xb0, 0x0c], //                23 mov  al, 0x0c         reading register C re-arms the interrupt
    [0xe6, 0x70], //                25 out  0x70, al
    [0xe4, 0x71], //                27 in   al, 0x71
    [0xb0, 0xfb], //                29 mov  al, 0xfb         first 8259A: only IRQ 2, the cascade
    [0xe6, 0x21], //                2b out  0x21, al
    [0xb0, 0xfe], //                2d mov  al, 0xfe         second 8259A: only IRQ 8, the RTC
    [0xe6, 0xa1], //                2f out  0xa1, al
    [0xfb], //                      31 again: sti
    [0xf4], //                      32 hlt                   sleeps until the next second
    [0xbe, ...word(LOAD_ADDRESS + beat)], // 33 mov si, beat
    [0xe8, ...word(print - 0x39)], // 36 call print
    [0xeb, 0xf6], //                39 jmp  again
    [0xac], //                      3b print: lodsb          al = next character
    [0x84, 0xc0], //                3c test al, al
    [0x74, 0x12], //                3e jz   done             a zero ends the text
    [0x88, 0xc4], //                40 mov  ah, al
    [0xba, 0xfd, 0x03], //          42 mov  dx, 0x3fd        UART line status
    [0xec], //                      45 wait: in al, dx
    [0xa8, 0x20], //                46 test al, 0x20         transmit register empty?
    [0x74, 0xfb], //                48 jz   wait
    [0x88, 0xe0], //                4a mov  al, ah
    [0xba, 0xf8, 0x03], //          4c mov  dx, 0x3f8        UART data
    [0xee], //                      4f out  dx, al
    [0xeb, 0xe9], //                50 jmp  print
    [0xc3], //                      52 done: ret
    [...Buffer.from(`${READY_LINE}\n\0`, 'latin1')], // 53 ready
    [...Buffer.from(`${BEAT_LINE}\n\0`, 'latin1')], //     beat
  ].flat();
  const sector = new Uint8Array(SECTOR_BYTES);
  sector.set(code);
  sector.set([0x55, 0xaa], SECTOR_BYTES - 2);
  return sector;
}

/** A 16-bit number as x86 stores it: low byte first, two's complement. */
function word(value: number): [number, number] {
  return [value & 0xff, (value >> 8) & 0xff];
}
