import type { MissingName } from '../../domain/observation.ts';

/** One line of the compiler, or of `go list`, with the place that it names; no file where it names none. */
export interface CompilerError {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly text: string;
}

type Kind = MissingName['kind'];
interface Pattern {
  readonly kind: Kind;
  /** Groups: `name`, or `member` with its `owner`. */
  readonly text: RegExp;
}

/**
 * What the compiler says of a name that does not exist yet, or that does not fit yet (go/types' own words, Go 1.19 to 1.27).
 * A type may be printed with a pointer, with type arguments, or as `struct{…}`.
 */
const MISSING: readonly Pattern[] = [
  { kind: 'symbol', text: /^undefined: (?<name>\S+)/ },
  { kind: 'symbol', text: /^name (?<name>\S+) not exported by package/ },
  { kind: 'symbol', text: /^(?<name>\S+) not (?:declared|exported) by package/ },
  {
    kind: 'member',
    text: /^.+? undefined \(type (?:\[\]|\*|<[^>]*>)*(?<owner>\S+?)(?: constrained by [^)]*)? has no (?:field or method|method|field) (?<member>[^\s,)]+)/,
  },
  {
    kind: 'member',
    text: /^(?<name>\S+) undefined \(cannot refer to unexported (?:field|method|field or method) \S+\)/,
  },
  {
    kind: 'member',
    text: /^unknown field '?(?<member>[^\s']+?)'? in struct literal(?: of type (?:&)?(?<owner>[^\s,]+))?/,
  },
  {
    kind: 'member',
    text: /(?:^|: )\*?(?<owner>\S+) does not (?:implement|satisfy) (?<demander>\S+) \(missing method (?<member>\w+)\b/,
  },
  {
    kind: 'signature',
    text: /(?:^|: )\*?(?<owner>\S+) does not (?:implement|satisfy) (?<demander>\S+) \(wrong type for method (?<member>\w+)\)/,
  },
  {
    kind: 'signature',
    text: /(?:^|: )\*?(?<owner>\S+) does not (?:implement|satisfy) (?<demander>\S+) \(method (?<member>\w+) has pointer receiver\)/,
  },
  { kind: 'signature', text: /^(?:not enough|too many) arguments in call to (?<name>[^\s(]+)/ },
  { kind: 'signature', text: /^(?:not enough|too many) type arguments (?:in call to|for type) (?<name>[^\s:(]+)/ },
  { kind: 'signature', text: /^got \d+ type arguments? but (?<name>[^\s(]+)/ },
  { kind: 'signature', text: /^in call to (?<name>[^\s,(]+), / },
  { kind: 'signature', text: /^assignment mismatch: .*? but (?<name>[^\s(]+)(?:\(.*\))? returns? / },
  { kind: 'signature', text: /^cannot use .* in argument to (?<name>[^\s:(]+)/ },
  { kind: 'signature', text: /^too (?:few|many) values in struct literal of type &?(?<name>[^\s]+)/ },
  { kind: 'signature', text: /^invalid operation: cannot call non-function (?<name>[^\s(]+)/ },
  {
    kind: 'signature',
    text: /^(?<name>\S+) \((?:value|variable|type|constant|no value)[^)]*\) is not (?:a type|an expression|used)$/,
  },
  { kind: 'signature', text: /^(?<name>\S+) is not a type$/ },
  { kind: 'signature', text: /^(?<name>[^\s(]+)(?:\(.*\))? \(no value\) used as value/ },
];

/** An import that cannot be found: the words of `go list`. */
const MISSING_PACKAGE: readonly RegExp[] = [
  /^no required module provides package ([^\s;:]+)/,
  /^cannot find module providing package ([^\s;:]+)/,
  /^module \S+ found(?: \([^)]*\))?, but does not contain package (\S+)/,
  /^package (\S+) is not in (?:std|GOROOT)/,
  /^could not import (\S+) /,
  /^cannot find package "([^"]{2,})"/,
];
/** A folder that holds no package yet; the stream names the package itself. */
const NO_PACKAGE: readonly RegExp[] = [
  /^stat (\S+): directory not found$/,
  /^no (?:non-test )?Go files in (\S+)$/,
  /^cannot find package "\." in:$/,
];

/** Longest part of an error that is looked at. */
const TEXT_READ = 4096;

/** Whether an error names a package or folder that is not there, and so belongs to no file. */
export function namesNoFolder({ text }: CompilerError): boolean {
  return NO_PACKAGE.some((pattern) => pattern.test(text));
}

/**
 * The missing name that an error tells of; undefined where the file is wrong in itself.
 * @param failedBuild import path that failed, where Go tells it (1.24 and later).
 */
export function missingName(error: CompilerError, failedBuild: string | undefined): MissingName | undefined {
  const text = error.text.slice(0, TEXT_READ);
  const at = placeOf(error);
  for (const pattern of NO_PACKAGE) {
    const found = pattern.exec(text);
    const name = failedBuild === undefined || failedBuild.endsWith(']') ? found?.[1] : failedBuild;
    if (found !== null && name !== undefined) return { name, kind: 'package', ...at };
  }
  for (const pattern of MISSING_PACKAGE) {
    const name = pattern.exec(text)?.[1];
    if (name !== undefined) return { name, kind: 'package', ...at };
  }
  // A name is missing from the package under test only where the test variant of it failed.
  if (failedBuild !== undefined && !failedBuild.endsWith('.test]')) return undefined;
  for (const { kind, text: pattern } of MISSING) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const { name, owner, member, demander } = groups;
    if (member === undefined) return { name: bareName(name ?? ''), kind, ...at };
    if (owner === undefined) return { name: member, kind, ...at };
    return {
      name: `${owner}.${member}`,
      kind,
      owner,
      ...(demander === undefined ? {} : { demandedBy: demander }),
      ...at,
    };
  }
  return misfit(text, at);
}

const placeOf = ({ file, line, column }: CompilerError): Pick<MissingName, 'file' | 'line' | 'column'> =>
  file === '' ? {} : { file, line, ...(column === undefined ? {} : { column }) };

/** A call's or a value's name without type arguments. */
const bareName = (name: string): string => name.replace(/\[.*$/, '');

/**
 * A value that does not fit where it is put: a function that returns another type by now, or a type of another shape. Only
 * where a name of some package, a field or a call is involved; a constant that does not fit is the test's own mistake.
 */
function misfit(text: string, at: Partial<MissingName>): MissingName | undefined {
  const used =
    /^cannot use &?(?<value>[A-Za-z_][\w.]*)(?<call>\(.*?\))?(?:\{.*?\})? (?:\(.*?\) )?as (?<type>\S.*?) value in /.exec(
      text,
    )?.groups;
  if (used !== undefined) {
    const { value = '', call, type = '' } = used;
    if (call !== undefined || value.includes('.')) return { name: value, kind: 'signature', ...at };
    const named = /^(?:\[\]|\*)*(\w+\.\w+)$/.exec(type)?.[1];
    return named === undefined ? undefined : { name: named, kind: 'signature', ...at };
  }
  const compared =
    /^invalid operation: (?<left>[\w.]+)(?:\(.*?\))? (?:==|!=|<=?|>=?|[-+*/&|]) (?<right>[\w.]+)?.*\(mismatched types /.exec(
      text,
    )?.groups;
  const name = [compared?.['left'], compared?.['right']].find(
    (one) => one?.includes('.') === true && /^[A-Za-z_]/.test(one),
  );
  return name === undefined ? undefined : { name, kind: 'signature', ...at };
}
