/** A program for x86-64 Linux that waits for a signal: an ELF file of one segment (System V ABI, AMD64 supplement), so that an image needs no other. */
export function sleeper(): Buffer {
  // mov eax, 34 (pause); syscall; jmp back
  const code = Buffer.from([0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7]);
  const [headerSize, segmentSize, base] = [64, 56, 0x400000];
  const file = Buffer.alloc(headerSize + segmentSize + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16); // an executable
  file.writeUInt16LE(62, 18); // for x86-64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(base + headerSize + segmentSize), 24); // begins here
  file.writeBigUInt64LE(BigInt(headerSize), 32);
  file.writeUInt16LE(headerSize, 52);
  file.writeUInt16LE(segmentSize, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, headerSize); // to be loaded
  file.writeUInt32LE(5, headerSize + 4); // to be read and run
  file.writeBigUInt64LE(BigInt(base), headerSize + 16);
  file.writeBigUInt64LE(BigInt(base), headerSize + 24);
  file.writeBigUInt64LE(BigInt(file.length), headerSize + 32);
  file.writeBigUInt64LE(BigInt(file.length), headerSize + 40);
  file.writeBigUInt64LE(4096n, headerSize + 48);
  file.set(code, headerSize + segmentSize);
  return file;
}
