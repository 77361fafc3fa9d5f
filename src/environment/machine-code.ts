/** Where a PC's firmware loads the first sector of the boot disk and jumps to. */
export const LOAD_ADDRESS = 0x7c00;

const SECTOR_BYTES = 512;
const SIGNATURE = [0x55, 0xaa];

/** A place in the code that the address of a label is filled into. */
interface Reference {
  readonly label: string;
  readonly bytes: 1 | 2;
  /** Counts from the end of its instruction, as jumps and calls do. The reference must be the instruction's last part. */
  readonly relative: boolean;
}

/** A label (`'print:'`), or one instruction: its bytes and the references in it. */
export type CodeLine = string | readonly (number | Reference)[];

/** The target of a short jump (8 bits). */
export function short(label: string): Reference {
  return { label, bytes: 1, relative: true };
}

/** The target of a near jump or call (16 bits). */
export function near(label: string): Reference {
  return { label, bytes: 2, relative: true };
}

/** The address of a label in segment 0. */
export function address(label: string): Reference {
  return { label, bytes: 2, relative: false };
}

/** A text that ends with a zero. */
export function text(value: string): number[] {
  return [...Buffer.from(`${value}\0`, 'latin1')];
}

/** A number as x86 stores it: the low byte first, two's complement. */
export function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => (value >> (8 * index)) & 0xff);
}

/**
 * Makes a boot disk of machine code for 16-bit real mode: the code, loaded at 0x7c00, and the boot signature 55 AA.
 *
 * @param diskBytes what the disk is padded to with zeros.
 * @throws TypeError where the code cannot be laid out: that is a mistake in the code.
 */
export function assembleBootDisk(lines: readonly CodeLine[], diskBytes = SECTOR_BYTES): Uint8Array {
  const labels = locateLabels(lines);
  const code: number[] = [];
  for (const line of lines) {
    if (typeof line === 'string') continue;
    const end = LOAD_ADDRESS + code.length + lineBytes(line);
    for (const part of line) code.push(...(typeof part === 'number' ? [part] : fillIn(part, labels, end)));
  }
  const room = SECTOR_BYTES - SIGNATURE.length;
  if (code.length > room) throw new TypeError(`${code.length} bytes of code do not fit into ${room}`);
  const disk = new Uint8Array(diskBytes);
  disk.set(code);
  disk.set(SIGNATURE, room);
  return disk;
}

function locateLabels(lines: readonly CodeLine[]): Map<string, number> {
  const labels = new Map<string, number>();
  let at = LOAD_ADDRESS;
  for (const line of lines) {
    if (typeof line === 'string') labels.set(line.replace(/:$/, ''), at);
    else at += lineBytes(line);
  }
  return labels;
}

function lineBytes(line: readonly (number | Reference)[]): number {
  return line.reduce<number>((sum, part) => sum + (typeof part === 'number' ? 1 : part.bytes), 0);
}

function fillIn({ label, bytes, relative }: Reference, labels: Map<string, number>, end: number): number[] {
  const target = labels.get(label);
  if (target === undefined) throw new TypeError(`no label ${label}`);
  const value = relative ? target - end : target;
  if (bytes === 1 && (value < -128 || value > 127)) throw new TypeError(`${label} is too far away: ${value} bytes`);
  return littleEndian(value, bytes);
}
