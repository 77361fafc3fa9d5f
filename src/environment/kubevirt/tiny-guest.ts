import { BEAT_LINE, READY_LINE } from '../boot-sector.ts';
import { PRINT, SET_UP, TICK_EACH_SECOND } from '../guest-routines.ts';
import { address, assembleBootDisk, type CodeLine, littleEndian, near, short, text } from '../machine-code.ts';

/** The line that the tiny guest writes when somebody presses the power button, before it turns itself off. */
export const POWER_BUTTON_LINE = 'REDFIRST-GUEST-POWER-BUTTON';

/** A whole MiB, as block devices like it; all but the first sector is empty. */
const DISK_BYTES = 1024 * 1024;

/** Configuration address of a PCI register (mechanism 1: bit 31, then bus, device, function, register). */
function pciRegister(device: number, fn: number, register: number): number[] {
  return littleEndian(0x80000000 | (device << 11) | (fn << 8) | register, 4);
}

/**
 * `bp` = I/O base of the ACPI power management registers, 0 where there are none. SeaBIOS chose it and wrote it into
 * register 0x40 of the chip that has them: ICH9's LPC bridge on q35 (0:1f.0), PIIX4's PM function on pc (0:1.3).
 */
const FIND_POWER_MANAGEMENT: readonly CodeLine[] = [
  [0x31, 0xed], //                           xor  bp, bp
  [0x66, 0xb8, ...pciRegister(0x1f, 0, 0)], // mov eax, ICH9 LPC, vendor and device
  [0xe8, near('pci')], //                    call pci
  [0x66, 0x3d, ...littleEndian(0x29188086, 4)], // cmp eax, 0x29188086
  [0x66, 0xb8, ...pciRegister(0x1f, 0, 0x40)], // mov eax, ICH9 LPC, PMBASE
  [0x74, short('found')], //                 je   found
  [0x66, 0xb8, ...pciRegister(1, 3, 0)], //  mov  eax, PIIX4 PM, vendor and device
  [0xe8, near('pci')], //                    call pci
  [0x66, 0x3d, ...littleEndian(0x71138086, 4)], // cmp eax, 0x71138086
  [0x66, 0xb8, ...pciRegister(1, 3, 0x40)], // mov eax, PIIX4 PM, PMBA
  [0x75, short('no-power-management')], //   jne  no-power-management
  'found:',
  [0xe8, near('pci')], //                    call pci
  [0x24, 0x80], //                           and  al, 0x80      bits 0 to 6 are not address
  [0x89, 0xc5], //                           mov  bp, ax
  [0x89, 0xea], //                           mov  dx, bp        PM1 status …
  [0xb8, 0x00, 0x01], //                     mov  ax, 0x0100    … bit 8: forget an earlier press of the power button
  [0xef], //                                 out  dx, ax
  [0x42], //                                 inc  dx            PM1 enable, two further …
  [0x42], //                                 inc  dx
  [0xef], //                                 out  dx, ax        … bit 8: QEMU drops a press that nobody asked for
  'no-power-management:',
];

/** `pci`: eax = the PCI register at configuration address eax. Changes `dx`. */
const READ_PCI: readonly CodeLine[] = [
  'pci:',
  [0xba, 0xf8, 0x0c], //                     mov  dx, 0xcf8     configuration address
  [0x66, 0xef], //                           out  dx, eax
  [0xb2, 0xfc], //                           mov  dl, 0xfc      0xcfc: configuration data
  [0x66, 0xed], //                           in   eax, dx
  [0xc3], //                                 ret
];

/** `number`: prints eax in decimal. Calls itself for all digits but the last. Changes `eax`, `ecx` and `edx`. */
const PRINT_NUMBER: readonly CodeLine[] = [
  'number:',
  [0x66, 0x31, 0xd2], //                     xor  edx, edx
  [0x66, 0xb9, ...littleEndian(10, 4)], //   mov  ecx, 10
  [0x66, 0xf7, 0xf1], //                     div  ecx           edx = last digit, eax = what is before it
  [0x52], //                                 push dx
  [0x66, 0x85, 0xc0], //                     test eax, eax
  [0x74, short('digit')], //                 jz   digit
  [0xe8, near('number')], //                 call number
  'digit:',
  [0x58], //                                 pop  ax
  [0x04, 0x30], //                           add  al, '0'
  [0xeb, short('put')], //                   jmp  put
];

/**
 * The tiny guest that redfirst brings to a cluster: a boot disk for a PC with SeaBIOS, machine `q35` or `pc`, which is
 * what KubeVirt's guests are unless they ask for EFI. On the first serial port it writes `REDFIRST-GUEST-READY`, then
 * `beat 1`, `beat 2`, … once a second, and sleeps in between. When the ACPI power button is pressed it says so, within
 * a second, and turns itself off, so that stopping a virtual machine gracefully works.
 *
 * Machine code in 16-bit real mode, as in `boot-sector.ts`; `ebx` holds the number of beats. The power button raises
 * IRQ 9, which stays masked: the guest asks at each beat. Registers: ACPI 6.5, 4.8.3.1 and 4.8.3.2.
 *
 * @returns a raw disk image of 1 MiB, always the same.
 */
export function tinyGuestDisk(): Uint8Array {
  const lines: readonly CodeLine[] = [
    ...SET_UP,
    ...FIND_POWER_MANAGEMENT,
    ...TICK_EACH_SECOND,
    [0x66, 0x31, 0xdb], //                   xor  ebx, ebx
    [0xbe, address('ready')], //             mov  si, ready
    [0xe8, near('print')], //                call print
    'again:',
    [0xfb], //                               sti
    [0xf4], //                               hlt                sleeps until the next second
    [0xfa], //                               cli                a second that passes while we print waits for the next hlt
    [0x66, 0x43], //                         inc  ebx
    [0xbe, address('beat')], //              mov  si, beat
    [0xe8, near('print')], //                call print
    [0x66, 0x89, 0xd8], //                   mov  eax, ebx
    [0xe8, near('number')], //               call number
    [0xbe, address('line-end')], //          mov  si, line-end
    [0xe8, near('print')], //                call print
    [0x85, 0xed], //                         test bp, bp
    [0x74, short('again')], //               jz   again
    [0x89, 0xea], //                         mov  dx, bp        PM1 status
    [0xed], //                               in   ax, dx
    [0xf6, 0xc4, 0x01], //                   test ah, 0x01      bit 8: power button
    [0x74, short('again')], //               jz   again
    [0xbe, address('power-button')], //      mov  si, power-button
    [0xe8, near('print')], //                call print
    [0x8d, 0x56, 0x04], //                   lea  dx, [bp + 4]  PM1 control …
    [0xb8, 0x00, 0x20], //                   mov  ax, 0x2000    … bit 13: sleep; type 0 is S5, soft off, on QEMU's machines
    [0xef], //                               out  dx, ax
    'off:',
    [0xf4], //                               hlt
    [0xeb, short('off')], //                 jmp  off
    ...READ_PCI,
    ...PRINT_NUMBER,
    ...PRINT,
    // The firmware may write to the same port (KubeVirt asks it to), so ours begins on a line of its own.
    'ready:',
    text(`\r\n${READY_LINE}\r\n`),
    'beat:',
    text(`${BEAT_LINE} `),
    'line-end:',
    text('\r\n'),
    'power-button:',
    text(`${POWER_BUTTON_LINE}\r\n`),
  ];
  return assembleBootDisk(lines, DISK_BYTES);
}
