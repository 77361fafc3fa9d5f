/**
 * The guest: 512 bytes that PC firmware loads at 0x7c00 and runs in 16-bit real mode. It writes `beat 1`, `beat 2`, … to the
 * first serial port, two timer ticks of 55 ms apart, and sleeps in between.
 */
export function bootSector() {
  // biome-ignore format: one instruction a line
  const code = [
    0xfa, //                   00 cli               no interrupt before the stack is ours
    0x31, 0xc0, //             01 xor  ax, ax
    0x8e, 0xd8, //             03 mov  ds, ax
    0x8e, 0xd0, //             05 mov  ss, ax
    0xbc, 0x00, 0x7c, //       07 mov  sp, 0x7c00
    0xfc, //                   0a cld
    0x31, 0xdb, //             0b xor  bx, bx       bx counts the beats
    0x43, //                   0d beat: inc bx
    0xbe, 0x4d, 0x7c, //       0e mov  si, text
    0xac, //                   11 next: lodsb
    0x84, 0xc0, //             12 test al, al
    0x74, 0x05, //             14 jz   count
    0xe8, 0x23, 0x00, //       16 call put
    0xeb, 0xf6, //             19 jmp  next
    0x89, 0xd8, //             1b count: mov ax, bx
    0xe8, 0x0a, 0x00, //       1d call number
    0xb0, 0x0a, //             20 mov  al, 10       end of line
    0xe8, 0x17, 0x00, //       22 call put
    0xfb, //                   25 sti
    0xf4, //                   26 hlt               until the next timer tick
    0xf4, //                   27 hlt
    0xeb, 0xe3, //             28 jmp  beat
    0xb9, 0x0a, 0x00, //       2a number: mov cx, 10
    0x31, 0xd2, //             2d xor  dx, dx
    0xf7, 0xf1, //             2f div  cx           ax = quotient, dx = last digit
    0x52, //                   31 push dx
    0x85, 0xc0, //             32 test ax, ax
    0x74, 0x03, //             34 jz   digit
    0xe8, 0xf1, 0xff, //       36 call number       the digits before it come first
    0x58, //                   39 digit: pop ax
    0x04, 0x30, //             3a add  al, '0'
    0x88, 0xc4, //             3c put: mov ah, al
    0xba, 0xfd, 0x03, //       3e mov  dx, 0x3fd    line status of the serial port
    0xec, //                   41 wait: in al, dx
    0xa8, 0x20, //             42 test al, 0x20     ready for a byte?
    0x74, 0xfb, //             44 jz   wait
    0x88, 0xe0, //             46 mov  al, ah
    0xba, 0xf8, 0x03, //       48 mov  dx, 0x3f8    its data
    0xee, //                   4b out  dx, al
    0xc3, //                   4c ret
    ...Buffer.from('beat \0'), // 4d text
  ];
  const sector = Buffer.alloc(512);
  sector.set(code);
  sector.set([0x55, 0xaa], 510);
  return sector;
}
