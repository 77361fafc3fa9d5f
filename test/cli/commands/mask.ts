/** Takes out of a person's text what differs from run to run: ids, hashes, commits, durations, temporary folders. */
export function mask(text: string, folder: string): string {
  return text
    .replaceAll(folder, 'LAB')
    .replace(/\br\d{8}T\d{6}Z-[0-9a-f]{4}\b/g, 'RUN')
    .replace(/\b\d+:[0-9a-f]{64}\b/g, 'HEAD')
    .replace(/\b[0-9a-f]{16}\b/g, 'ID16')
    .replace(/\b[0-9a-f]{10}\b/g, 'ID10')
    .replace(/\b(?:\d+ h \d+ min|\d+ min \d+ s|[\d.]+ s)\b/g, 'TIME');
}
