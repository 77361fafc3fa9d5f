/** Languages whose syntax is read; what is in no such file is judged by line ranges alone. */
export type Language = 'go' | 'typescript' | 'tsx' | 'javascript' | 'python';

const BY_EXTENSION: Readonly<Record<string, Language>> = {
  go: 'go',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'tsx',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  py: 'python',
};

/** The language of a path by its extension; undefined where syntax says nothing about it. */
export function languageOf(path: string): Language | undefined {
  const extension = /\.([a-z]+)$/.exec(path)?.[1];
  return extension === undefined ? undefined : BY_EXTENSION[extension];
}

/** A path's folder with `/` between its parts; the repository's root is the empty text. */
export function folderOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut < 0 ? '' : path.slice(0, cut);
}

/** Whether a path lies in the folder itself, as a file of a Go package does; the root is `.` or the empty text. */
export function liesIn(path: string, folder: string): boolean {
  return folderOf(path) === (folder === '.' ? '' : folder);
}

/** Whether the path is a test file by its name: what a runner would collect, not what a helper is. */
export function isTestFile(path: string): boolean {
  return /(?:_test\.go|[.-](?:test|spec)\.[cm]?[jt]sx?|(?:^|\/)test_[^/]*\.py|_test\.py|(?:^|\/)conftest\.py)$/.test(
    path,
  );
}
