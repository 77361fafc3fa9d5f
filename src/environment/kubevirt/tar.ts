/** One file or folder of a tar archive. */
export interface TarEntry {
  /** Relative, with `/`, at most 100 bytes. */
  readonly path: string;
  /** Undefined for a folder. */
  readonly content?: Uint8Array;
  readonly mode: number;
  /** User id and group id in one. */
  readonly owner: number;
}

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;

/** A tar archive (POSIX.1-1988 "ustar"). The same entries give the same bytes: every time stamp is 0, and no name of an owner is told. */
export function tarArchive(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap((entry) => {
    const content = entry.content ?? new Uint8Array();
    return [header(entry, content.length), content, new Uint8Array(-content.length & (BLOCK_BYTES - 1))];
  });
  return Buffer.concat([...blocks, new Uint8Array(2 * BLOCK_BYTES)]);
}

function header({ path, content, mode, owner }: TarEntry, bytes: number): Uint8Array {
  const name = content === undefined ? `${path}/` : path;
  if (Buffer.byteLength(name) > NAME_BYTES) throw new TypeError(`longer than a tar name may be: ${name}`);
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(owner, 8), 108);
  block.write(octal(owner, 8), 116);
  block.write(octal(bytes, 12), 124);
  block.write(octal(0, 12), 136); // time of change
  block.write(' '.repeat(8), 148); // the checksum counts itself as blanks
  block.write(content === undefined ? '5' : '0', 156); // type: folder or file
  block.write('ustar\x0000', 257);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${octal(checksum, 7)} `, 148);
  return block;
}

/** Octal digits and the zero that ends them, `width` bytes in all. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
