import { closeSync, existsSync, openSync, readSync, realpathSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { MissingName } from '../../domain/observation.ts';

/** Where an error came from, and what it says. */
export interface RaisedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** The first frame in the worktree, relative to it. */
  readonly at: { readonly file: string; readonly line: number; readonly column?: number } | undefined;
  /** Whether nothing lies above that frame: the line itself raised. */
  readonly onTop: boolean;
}

/** Longest source that is looked at; a test file of more than this is generated. */
const SOURCE_LIMIT = 1024 * 1024;

/**
 * The names that a test uses and nothing declares yet, as far as an error of JavaScript tells: a module, an export, something
 * called that is not there, a command. Only what the tests' own files use counts; what the code under test lacks itself is an
 * error of its own. `own` is the case's file, where it is known; `cwd` the worktree.
 */
export function missingNames(raised: RaisedError, own: string | undefined, cwd: string): MissingName[] {
  const { at, onTop } = raised;
  const modules = missingModules(raised, own, cwd);
  if (modules.length > 0) return modules;
  if (at === undefined || !isTestFile(at.file, own)) return [];
  const command = missingCommand(raised, cwd);
  if (command !== undefined) return [{ name: command, kind: 'command', ...at }];
  if (raised.name !== 'TypeError' || !onTop) return [];
  const source = readSource(join(cwd, at.file));
  const found = source === undefined ? undefined : missingInSource(raised, source, at, cwd);
  return found === undefined ? [] : [{ ...found, ...at }];
}

export function isTestFile(file: string, own: string | undefined): boolean {
  return (
    file === own ||
    /\.(?:test|spec|e2e|bench)\.[cm]?[jt]sx?$/.test(file) ||
    /(?:^|\/)(?:tests?|__tests__|__mocks__|spec|specs|e2e|testing|fixtures)\//.test(file)
  );
}

const MODULE_MESSAGES: readonly (readonly [RegExp, MissingName['kind']])[] = [
  [/Failed to resolve import "([^"]+)"(?: from "([^"]+)")?/g, 'package'],
  [/Failed to load url (\S+)(?: \(resolved id: [^)]*\))?(?: in (\S+?))?(?=\.? |$)/g, 'package'],
  [/Cannot find (?:module|package) '([^']+)'(?: imported from '?([^'\s]+))?/g, 'package'],
  [/does not provide an export named '([^']+)'/g, 'symbol'],
  [/Missing "([^"]+)" specifier in "[^"]+" package/g, 'package'],
];
const MODULE_ERRORS = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_LOAD_URL']);

/** Modules and exports that a failed import says do not exist yet, unless it was the code under test that imported them. */
function missingModules({ message, name, code, at }: RaisedError, own: string | undefined, cwd: string): MissingName[] {
  if (name !== 'Error' && name !== 'SyntaxError' && name !== '' && !MODULE_ERRORS.has(code ?? '')) return [];
  const found = MODULE_MESSAGES.flatMap(([pattern, kind]) =>
    [...message.matchAll(pattern)].map(([, told = '', importer]) => ({ told, kind, importer })),
  );
  return found.flatMap(({ told, kind, importer }) => {
    const required = /Require stack:\n- (\S+)/.exec(message)?.[1];
    const file = importerIn(importer ?? required, cwd) ?? at?.file ?? own;
    if (file !== undefined && !isTestFile(file, own)) return [];
    const source = file === undefined ? undefined : readSource(join(cwd, file));
    // Who imported it is not told: where the test does not, a module of the program did.
    if (kind === 'symbol' && source !== undefined && !importsOf(source).some(({ name: one }) => one === told))
      return [];
    const shown = inside(told, cwd) ?? fromRoot(told, cwd);
    const line = lineOfImport(source, told, at?.file === file ? at?.line : undefined);
    const place = file === undefined ? {} : line === undefined ? { file } : { file, line };
    return [{ name: shown, kind, ...place }];
  });
}

function inside(path: string, cwd: string): string | undefined {
  const plain = path.replace(/^file:\/\//, '').replace(/\?[^/]*$/, '');
  const file = isAbsolute(plain) ? relative(cwd, plain) : '';
  return file === '' || file.startsWith('..') ? undefined : file;
}

/** Vite names an importer from the root of the project. */
function importerIn(path: string | undefined, cwd: string): string | undefined {
  return path === undefined || path.startsWith('.') ? undefined : isAbsolute(path) ? inside(path, cwd) : path;
}

/** vitest writes a path below the project's root as if that were the root of all. */
function fromRoot(told: string, cwd: string): string {
  return isAbsolute(told) && existsSync(dirname(join(cwd, told))) ? told.slice(1) : told;
}

/** The line that imports a module or a name, by its last word; `raised` is where the error came from, if that is in the file. */
function lineOfImport(source: string | undefined, told: string, raised: number | undefined): number | undefined {
  const word = told
    .split('/')
    .pop()
    ?.replace(/\.[cm]?[jt]sx?$/, '');
  if (source === undefined || word === undefined || word === '') return raised;
  const lines = source.split('\n');
  if (raised !== undefined && lines[raised - 1]?.includes(word) === true) return raised;
  const at = lines.findIndex((line) => /\b(?:import|from|require)\b/.test(line) && line.includes(word));
  return at === -1 ? raised : at + 1;
}

/** Shells and node say in their own words that there is no such program. */
const NOT_FOUND = /(?:^|\n)[^\n]{0,200}?(?:\bline )?(?:\d+: |sh: )([^\s:]{1,200}): (?:command )?not found(?=\n|$)/;

/** The command that a text says a shell did not find. */
export function commandNotFound(text: string): string | undefined {
  return NOT_FOUND.exec(text)?.[1];
}

function missingCommand({ message }: RaisedError, cwd: string): string | undefined {
  const spawned = /^(?:spawn(?:Sync)? (\S+) ENOENT|Command failed with ENOENT: (\S+))/m.exec(message);
  const name = spawned?.[1] ?? spawned?.[2];
  // With a working folder that is not there, the program is not what is missing.
  if (name !== undefined) return isProgram(name, cwd) ? undefined : name;
  return /^Command failed\b/.test(message) ? commandNotFound(message) : undefined;
}

function isProgram(name: string, cwd: string): boolean {
  if (name.includes('/')) return existsSync(resolve(cwd, name));
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)));
}

function readSource(path: string): string | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(SOURCE_LIMIT);
      const bytes = readSync(fd, buffer, 0, buffer.length, 0);
      return bytes === SOURCE_LIMIT ? undefined : buffer.toString('utf8', 0, bytes);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** An imported name: under which name the test knows it, and what it is called where it comes from (`*`: all of it). */
interface Imported {
  readonly local: string;
  readonly name: string;
  readonly from: string;
}

const STATIC =
  /\bimport\s+(?!type\b)((?:[\w$]+\s*,?\s*)?(?:\*\s*as\s+[\w$]+|\{[^{}]*\})?)\s*from\s*['"]([^'"\n]+)['"]/g;
const DYNAMIC =
  /\b(?:const|let|var)\s+(\{[^{}=]*\}|[\w$]+)\s*=\s*(?:await\s+import|require)\s*\(\s*['"]([^'"\n]+)['"]\s*\)/g;

function importsOf(source: string): Imported[] {
  const found: Imported[] = [];
  for (const [, clause = '', from = ''] of source.matchAll(STATIC)) {
    const alone = /^\s*([\w$]+)/.exec(clause)?.[1];
    if (alone !== undefined) found.push({ local: alone, name: 'default', from });
    const all = /\*\s*as\s+([\w$]+)/.exec(clause)?.[1];
    if (all !== undefined) found.push({ local: all, name: '*', from });
    found.push(...namesIn(clause, /\s+as\s+/, from));
  }
  for (const [, clause = '', from = ''] of source.matchAll(DYNAMIC)) {
    if (clause.startsWith('{')) found.push(...namesIn(clause, /\s*:\s*/, from));
    else found.push({ local: clause, name: '*', from });
  }
  return found;
}

function namesIn(clause: string, alias: RegExp, from: string): Imported[] {
  const inner = /\{([^{}]*)\}/.exec(clause)?.[1] ?? '';
  return inner.split(',').flatMap((part) => {
    const [name = '', local = name] = part
      .trim()
      .replace(/^type\s+/, '')
      .split(alias);
    return /^[\w$]+$/.test(name) && /^[\w$]+$/.test(local) ? [{ local, name, from }] : [];
  });
}

type Named = Pick<MissingName, 'name' | 'kind'>;

/** A TypeError of a test's own line is about a missing name only where what it calls or reads is imported from the worktree. */
function missingInSource(
  { message }: RaisedError,
  source: string,
  at: { readonly file: string; readonly line: number },
  cwd: string,
): Named | undefined {
  const file = join(cwd, at.file);
  const imports = importsOf(source).filter(({ from }) => isOurs(from, file, cwd));
  if (imports.length === 0) return undefined;
  const line = source.split('\n')[at.line - 1] ?? '';
  const called = /^(?:\(0 ?, ?)?((?:[\w$]+\.)*[\w$]+)\)? is not a (?:function|constructor)$/.exec(message)?.[1];
  if (called !== undefined) return missingCall(called.replace(/^__vi_import_\d+__\./, ''), imports, source, line, file);
  const read = /^Cannot read properties of undefined \(reading '([\w$]+)'\)$/.exec(message)?.[1];
  return read === undefined ? undefined : missingHolder(read, imports, line, file);
}

function missingCall(
  called: string,
  imports: readonly Imported[],
  source: string,
  line: string,
  file: string,
): Named | undefined {
  const [root = '', ...rest] = called.split('.');
  const last = rest.at(-1);
  const known = imports.find(({ local }) => local === root);
  if (known !== undefined && last !== undefined) {
    const symbol = known.name === '*' && rest.length === 1;
    return symbol ? ifUndeclared(last, known.from, file) : { name: last, kind: 'member' };
  }
  if (last === undefined) {
    // vitest speaks of what is imported by the name that it has where it comes from.
    const named = known?.name === '*' ? undefined : (known ?? imports.find(({ name }) => name === root));
    if (named !== undefined) return ifUndeclared(named.name, named.from, file);
    const whole = imports.find(({ local, name }) => name === '*' && holds(line, `${local}.${root}`));
    return whole === undefined ? undefined : ifUndeclared(root, whole.from, file);
  }
  const made = new RegExp(
    `\\b(?:const|let|var)\\s+${escaped(root)}\\s*(?::[^=\\n]+)?=\\s*(?:await\\s+)?(?:new\\s+)?([\\w$]+)`,
  ).exec(source)?.[1];
  return imports.some(({ local }) => local === made) ? { name: last, kind: 'member' } : undefined;
}

/** What is undefined where a property of it is read. */
function missingHolder(read: string, imports: readonly Imported[], line: string, file: string): Named | undefined {
  for (const [, path = ''] of line.matchAll(new RegExp(`((?:[\\w$]+\\.)*[\\w$]+)\\.${escaped(read)}\\b`, 'g'))) {
    const [root = '', ...rest] = path.split('.');
    const known = imports.find(({ local }) => local === root);
    if (known === undefined) continue;
    const last = rest.at(-1);
    if (last === undefined) {
      if (known.name !== '*') return ifUndeclared(known.name, known.from, file);
    } else if (known.name === '*' && rest.length === 1) return ifUndeclared(last, known.from, file);
    else return { name: last, kind: 'member' };
  }
  return undefined;
}

const holds = (line: string, path: string): boolean => new RegExp(`(?<![\\w$.])${escaped(path)}(?![\\w$])`).test(line);
const escaped = (text: string): string => text.replace(/[$.]/g, '\\$&');

/** A name that its module does export is not missing, whatever else is wrong with it; the module is looked at where it is found. */
function ifUndeclared(name: string, from: string, file: string): Named | undefined {
  const source = from.startsWith('.') ? readModule(resolve(dirname(file), from)) : undefined;
  const word = name === 'default' ? 'default' : escaped(name);
  const declared =
    source !== undefined &&
    new RegExp(
      `\\bexport\\b[^;{}\\n]*(?<![\\w$])${word}(?![\\w$])|\\bexport\\s*\\{[^}]*(?<![\\w$])${word}(?![\\w$])|exports\\.${word}(?![\\w$])`,
    ).test(source);
  return declared ? undefined : { name, kind: 'symbol' };
}

const EXTENSIONS = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx', '/index.ts', '/index.js'];

function readModule(path: string): string | undefined {
  const plain = path.replace(/\.[cm]?jsx?$/, '');
  for (const candidate of [path, ...EXTENSIONS.map((extension) => plain + extension)]) {
    const source = readSource(candidate);
    if (source !== undefined) return source;
  }
  return undefined;
}

/** Whether a module lies in the worktree: by path, by an alias of it, or as a package of the same repository. */
function isOurs(from: string, file: string, cwd: string): boolean {
  if (from.startsWith('.')) return !relative(cwd, resolve(dirname(file), from)).startsWith('..');
  if (from.startsWith('node:')) return false;
  if (/^(?:[@~]\/|#)/.test(from)) return true;
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const linked = join(folder, 'node_modules', name);
    if (existsSync(linked)) {
      const real = relative(cwd, realpathSync(linked));
      return !real.startsWith('..') && !/(?:^|\/)node_modules\//.test(`${real}/`);
    }
    if (folder === cwd || dirname(folder) === folder) return false;
  }
}
