import { type CodeLine, LOAD_ADDRESS, littleEndian, near, short } from './machine-code.ts';

/**
 * What the guests of ours that boot without an operating system have in common, as machine code (Intel SDM volume 2;
 * `objdump -D -b binary -mi386 -Maddr16,data16,intel --adjust-vma=0x7c00` shows it again).
 * Ports: 0x3f8 first UART (16550), 0x70/0x71 RTC (MC146818), 0x21/0xa1 interrupt masks (8259A).
 */

/** Set-up: no interrupts, all segments 0, a stack that grows down from the code. */
export const SET_UP: readonly CodeLine[] = [
  [0xfa], //                                 cli
  [0x31, 0xc0], //                           xor  ax, ax
  [0x8e, 0xd8], //                           mov  ds, ax
  [0x8e, 0xd0], //                           mov  ss, ax
  [0xbc, ...littleEndian(LOAD_ADDRESS, 2)], // mov sp, 0x7c00
  [0xfc], //                                 cld                lodsb goes upwards
];

/**
 * The real-time clock interrupts once a second, and nobody else does. The firmware's own handler of interrupt 0x70
 * acknowledges the clock, so none of ours is needed.
 */
export const TICK_EACH_SECOND: readonly CodeLine[] = [
  [0xb0, 0x0b], //                           mov  al, 0x0b      RTC register B …
  [0xe6, 0x70], //                           out  0x70, al
  [0xe4, 0x71], //                           in   al, 0x71
  [0x0c, 0x10], //                           or   al, 0x10      … bit 4: interrupt after each second's update
  [0x88, 0xc4], //                           mov  ah, al
  [0xb0, 0x0b], //                           mov  al, 0x0b
  [0xe6, 0x70], //                           out  0x70, al
  [0x88, 0xe0], //                           mov  al, ah
  [0xe6, 0x71], //                           out  0x71, al
  [0xb0, 0x0c], //                           mov  al, 0x0c      reading register C re-arms the interrupt
  [0xe6, 0x70], //                           out  0x70, al
  [0xe4, 0x71], //                           in   al, 0x71
  [0xb0, 0xfb], //                           mov  al, 0xfb      first 8259A: only IRQ 2, the cascade
  [0xe6, 0x21], //                           out  0x21, al
  [0xb0, 0xfe], //                           mov  al, 0xfe      second 8259A: only IRQ 8, the RTC
  [0xe6, 0xa1], //                           out  0xa1, al
];

/**
 * `print` writes the text at `si`, which ends with a zero, to the first serial port; `put` writes the character in `al`.
 * Both change `ax`, `cx` and `dx`. A port that takes nothing (its reader stalls) loses characters, but does not hang us.
 */
export const PRINT: readonly CodeLine[] = [
  'print:',
  [0xac], //                                 lodsb              al = next character
  [0x84, 0xc0], //                           test al, al
  [0x74, short('printed')], //               jz   printed
  [0xe8, near('put')], //                    call put
  [0xeb, short('print')], //                 jmp  print
  'put:',
  [0x88, 0xc4], //                           mov  ah, al
  [0xba, 0xfd, 0x03], //                     mov  dx, 0x3fd     UART line status
  [0x31, 0xc9], //                           xor  cx, cx        at most 65536 looks
  'wait:',
  [0xec], //                                 in   al, dx
  [0xa8, 0x20], //                           test al, 0x20      transmit register empty?
  [0xe1, short('wait')], //                  loopz wait
  [0x88, 0xe0], //                           mov  al, ah
  [0xba, 0xf8, 0x03], //                     mov  dx, 0x3f8     UART data
  [0xee], //                                 out  dx, al
  'printed:',
  [0xc3], //                                 ret
];
