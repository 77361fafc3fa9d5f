import { batsHook } from '../bats-words.ts';

/** One test point of a TAP stream. */
export interface TapPoint {
  readonly ok: boolean;
  /** Its own number, or else its place in its block. */
  readonly number: number;
  /** Titles of the enclosing subtests, outermost first. */
  readonly path: readonly string[];
  /** Empty where it has none. */
  title: string;
  /** Its own, or that of a parent around it. */
  directive: 'skip' | 'todo' | undefined;
  /** The point that sums up a block of subtests. */
  isParent: boolean;
  /** Of a parent: whether one of its subtests failed, and how many it has. */
  subtestFailed: boolean;
  subtests: number;
  /** What the YAML block after it says; only top-level scalars and block scalars. */
  readonly diagnostics: Readonly<Record<string, string>>;
  /** The comment lines right after it, without their `# `: where bats says what failed. */
  comments: string;
  /** bats says so on the point itself. */
  readonly timedOut: boolean;
}

export interface TapReading {
  readonly points: TapPoint[];
  readonly bailedOut: string | undefined;
  /** Why the stream is not whole; the plan is missing, or counts otherwise. */
  readonly cut: string | undefined;
  /** Why it is no TAP at all. */
  readonly unreadable: string | undefined;
}

const INDENT = 4;
const DEPTH_LIMIT = 64;
const YAML_KEPT = 64 * 1024;
const COMMENTS_KEPT = 64 * 1024;

interface Level {
  plan: number | undefined;
  count: number;
  failed: boolean;
  readonly numbers: Set<number>;
  /** Named by `# Subtest:` before the block; the parent's own title says it after. */
  title: string | undefined;
  /** Index of the first point of the block. */
  readonly from: number;
}

interface Brace {
  readonly depth: number;
  readonly parent: TapPoint;
}

interface ClosedBlock {
  readonly failed: boolean;
  readonly title: string | undefined;
  readonly points: readonly (TapPoint & { path: string[] })[];
}

const newLevel = (title: string | undefined, from: number): Level => ({
  plan: undefined,
  count: 0,
  failed: false,
  numbers: new Set(),
  title,
  from,
});

/**
 * Parses TAP 12 to 14 line by line: versions, plans, points with their directives, subtests by indentation, YAML blocks,
 * `Bail out!`. What is none of these is output of the tests, and is passed over.
 * @see https://testanything.org/tap-version-14-specification.html
 */
export class TapParser {
  private readonly points: (TapPoint & { path: string[] })[] = [];
  private readonly levels: Level[] = [newLevel(undefined, 0)];
  private yaml:
    | { readonly indent: number; size: number; readonly into: Record<string, string>; block: string | undefined }
    | undefined;
  /** Parents that stand before their subtests, in braces (node-tap, vitest). */
  private readonly braces: Brace[] = [];
  /** A point that ends with a brace, until the next line tells whether it opens subtests. */
  private opening: Brace | undefined;
  private bailedOut: string | undefined;
  private problem: string | undefined;
  private pendingTitle: { depth: number; title: string } | undefined;
  private sawAny = false;
  /** The point whose comments may follow: nothing else stood in between. */
  private commented: TapPoint | undefined;
  private batsFewer = false;

  line(text: string): void {
    if (this.bailedOut !== undefined) return;
    const { commented } = this;
    this.commented = undefined;
    if (this.yaml !== undefined && this.yamlLine(text, this.yaml)) return;
    const indent = /^ */.exec(text)?.[0].length ?? 0;
    const depth = Math.floor(indent / INDENT);
    const line = text.slice(depth * INDENT);
    if (this.opening !== undefined && text.trim() !== '') this.resolveBrace(this.opening, depth, line);
    const bail = /^Bail out!\s*(.*)$/i.exec(text.trimStart());
    if (bail !== null) {
      this.bailedOut = bail[1] ?? '';
      this.sawAny = true;
      return;
    }
    if (/^\s*---\s*$/.test(text) && this.points.length > 0) {
      const point = this.points[this.points.length - 1] as TapPoint;
      this.yaml = { indent, size: 0, into: point.diagnostics as Record<string, string>, block: undefined };
      return;
    }
    const subtest = /^# Subtest(?:: (.*))?$/.exec(line.trimStart());
    if (subtest !== null) {
      // Indented as its block is (TAP 14's examples), or as its parent is (node-tap, node).
      const blockDepth = depth + 1;
      this.pendingTitle = { depth: blockDepth, title: subtest[1] ?? '' };
      return;
    }
    const comment = /^\s*# ?(.*)$/.exec(text);
    if (comment !== null) {
      if (/^bats warning: Executed \d+ instead of expected \d+ tests$/.test(comment[1] ?? '')) this.batsFewer = true;
      else if (commented !== undefined) this.comment(commented, comment[1] ?? '');
      return;
    }
    if (/^\}\s*$/.test(line)) this.closeBrace(depth);
    else this.pointOrPlan(line, depth);
  }

  end(unended: boolean): TapReading {
    const root = this.levels[0] as Level;
    let cut = this.problem;
    if (unended && this.bailedOut === undefined) cut ??= 'the last line has no end';
    if (this.yaml !== undefined) cut ??= 'the stream breaks off inside a diagnostic block';
    if (this.levels.length > 1 || this.opening !== undefined) cut ??= 'the stream breaks off inside a subtest';
    if (root.plan === undefined) cut ??= 'the plan is missing';
    else if (root.plan !== root.count && !this.fewerOfBats(root.plan))
      cut ??= `the plan says ${root.plan} tests, the stream holds ${root.count}`;
    const unreadable = this.sawAny ? undefined : 'no line of it is TAP';
    dropTimings(this.points);
    return { points: this.points, bailedOut: this.bailedOut, cut, unreadable };
  }

  /** bats runs no case of a file whose set-up failed, and says both; it says that it ran fewer when it is interrupted, too. */
  private fewerOfBats(plan: number): boolean {
    const failed = this.points.some(({ ok, path, title }) => !ok && path.length === 0 && batsHook(title) === 'setup');
    return this.batsFewer && failed && this.points.length < plan;
  }

  private comment(point: TapPoint, text: string): void {
    this.commented = point;
    if (point.comments.length < COMMENTS_KEPT) point.comments += `${point.comments === '' ? '' : '\n'}${text}`;
  }

  private pointOrPlan(line: string, depth: number): void {
    if (/^TAP version \d+\s*$/i.test(line)) {
      this.sawAny = true;
      return;
    }
    const plan = /^1\.\.(\d{1,9})(?:\s*#.*)?\s*$/.exec(line);
    const point = plan === null ? /^(not )?ok\b(?:\s+(\d+))?(?:\s+-)?\s*(.*)$/.exec(line) : null;
    if ((plan === null && point === null) || depth >= DEPTH_LIMIT) return;
    this.sawAny = true;
    const level = this.levelAt(depth);
    if (level === undefined) return;
    if (plan !== null) {
      if (level.plan !== undefined) this.problem ??= 'it holds two plans for one level';
      level.plan = Number(plan[1]);
    } else if (point !== null) this.point(point, depth, level);
  }

  /** The level that a line of that depth belongs to; deeper levels than it end unsummed. */
  private levelAt(depth: number): Level | undefined {
    while (this.levels.length <= depth) {
      const deep = this.levels.length;
      const title =
        this.pendingTitle?.depth === deep || this.pendingTitle?.depth === deep + 1
          ? this.pendingTitle.title
          : undefined;
      this.pendingTitle = undefined;
      this.levels.push(newLevel(title, this.points.length));
    }
    return this.levels[depth];
  }

  private point(found: RegExpExecArray, depth: number, level: Level): void {
    const ok = found[1] === undefined;
    const { text, durationMs, opens } = splitTail(found[3] ?? '');
    const { title, directive, timedOut } = splitDirective(text);
    if (this.braces.length > 0 && (this.braces[this.braces.length - 1] as { depth: number }).depth >= depth) {
      this.problem ??= 'the subtests in braces have no end';
      this.braces.length = 0;
    }
    const inside = this.closeLevels(depth, title);
    level.count++;
    const number = found[2] === undefined ? level.count : Number(found[2]);
    if (level.numbers.has(number)) this.problem ??= `number ${number} comes twice`;
    level.numbers.add(number);
    if (!ok && directive === undefined) level.failed = true;
    const point = {
      ok,
      number,
      path: [],
      title: title === '' ? (inside?.title ?? '') : title,
      directive,
      isParent: inside !== undefined,
      subtestFailed: inside?.failed ?? false,
      subtests: inside?.points.length ?? 0,
      diagnostics: durationMs === undefined ? {} : { duration_ms: durationMs },
      comments: '',
      timedOut,
    };
    if (directive !== undefined) for (const inner of inside?.points ?? []) inner.directive ??= directive;
    if (title === '' && point.title !== '') for (const inner of inside?.points ?? []) inner.path[0] = point.title;
    this.points.push(point);
    if (!ok) this.commented = point;
    this.pendingTitle = undefined;
    if (!opens) return;
    // A title may end with a brace as well: what follows tells, unless node-tap's time stands before it.
    if (durationMs === undefined) this.opening = { depth, parent: point };
    else this.openBrace({ depth, parent: point });
  }

  private resolveBrace(brace: Brace, depth: number, line: string): void {
    if (depth > brace.depth || (depth === brace.depth && /^\}\s*$/.test(line))) this.openBrace(brace);
    else {
      this.opening = undefined;
      brace.parent.title += ' {';
    }
  }

  private openBrace(brace: Brace): void {
    this.opening = undefined;
    this.braces.push(brace);
    const { title } = brace.parent;
    this.levels.push(newLevel(title, this.points.length));
  }

  private closeBrace(depth: number): void {
    const brace = this.braces[this.braces.length - 1];
    if (brace === undefined || brace.depth !== depth) return;
    this.braces.pop();
    const inside = this.closeLevels(depth, brace.parent.title);
    brace.parent.isParent = inside !== undefined;
    brace.parent.subtestFailed = inside?.failed ?? false;
    brace.parent.subtests = inside?.points.length ?? 0;
    const { directive } = brace.parent;
    if (directive !== undefined) for (const inner of inside?.points ?? []) inner.directive ??= directive;
  }

  /** Ends the levels below `depth`: their points get the parent's title, their plans are compared. */
  private closeLevels(depth: number, title: string): ClosedBlock | undefined {
    if (this.levels.length <= depth + 1) return undefined;
    let failed = false;
    let from = this.points.length;
    let named: string | undefined;
    const of = JSON.stringify(title.slice(0, 100));
    while (this.levels.length > depth + 1) {
      const block = this.levels.pop() as Level;
      if (block.plan === undefined) this.problem ??= `the subtests of ${of} have no plan`;
      else if (block.plan !== block.count)
        this.problem ??= `the plan of ${of} says ${block.plan} tests, it holds ${block.count}`;
      for (const inner of this.points.slice(block.from))
        inner.path.unshift(this.levels.length === depth + 1 ? title : (block.title ?? ''));
      failed ||= block.failed;
      from = block.from;
      named = block.title;
    }
    return { failed, title: named, points: this.points.slice(from) };
  }

  private yamlLine(text: string, yaml: NonNullable<TapParser['yaml']>): boolean {
    if (/^\s*\.\.\.\s*$/.test(text)) {
      this.yaml = undefined;
      return true;
    }
    const indent = /^ */.exec(text)?.[0].length ?? 0;
    if (text.trim() !== '' && indent < yaml.indent) {
      // The block was never ended; the line is TAP again.
      this.yaml = undefined;
      return false;
    }
    yaml.size += text.length;
    if (yaml.size > YAML_KEPT) return true;
    const line = text.slice(yaml.indent);
    const pair = /^([A-Za-z_][\w-]*):(?:\s+(.*))?$/.exec(line);
    if (pair !== null) {
      const value = (pair[2] ?? '').trim();
      const block = /^[|>][+-]?\d?$/.test(value);
      yaml.block = block || value === '' ? pair[1] : undefined;
      Object.defineProperty(yaml.into, pair[1] ?? '', {
        value: block ? '' : unquote(value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else if (yaml.block !== undefined) {
      const before = yaml.into[yaml.block] ?? '';
      yaml.into[yaml.block] = before === '' ? line.replace(/^ {2}/, '') : `${before}\n${line.replace(/^ {2}/, '')}`;
    }
    return true;
  }
}

/** node-tap's `# time=1.5ms` at the end of a point, and the brace that opens its subtests. */
function splitTail(text: string): { text: string; durationMs: string | undefined; opens: boolean } {
  const found = /^(.*?)(?:\s*# time=([\d.]{1,20})ms)?\s*(\{)?\s*$/.exec(text);
  return { text: found?.[1] ?? text, durationMs: found?.[2], opens: found?.[3] !== undefined };
}

function splitDirective(text: string): {
  title: string;
  directive: 'skip' | 'todo' | undefined;
  timedOut: boolean;
} {
  const found = /(?:^|\s)(?<!\\)#\s*(skip|todo|timeout after [\d.]+s)\b\S*.*$/i.exec(text);
  const title = (found === null ? text : text.slice(0, found.index)).trim();
  const word = found?.[1]?.toLowerCase();
  return {
    title: title.replace(/\\([#\\])/g, '$1'),
    directive: word === 'skip' || word === 'todo' ? word : undefined,
    timedOut: word?.startsWith('timeout') === true,
  };
}

const TIMING = / in \d+(?:ms|s(?:ec)?)$/;

/** `bats --timing` writes into each title how long it took; a title that changes from run to run names nothing. */
function dropTimings(points: readonly TapPoint[]): void {
  if (!points.every(({ title, path }) => path.length === 0 && TIMING.test(title))) return;
  for (const point of points) point.title = point.title.replace(TIMING, '');
}

function unquote(value: string): string {
  const quoted = /^(['"])([\s\S]*)\1$/.exec(value);
  if (quoted === null) return value;
  return quoted[1] === "'"
    ? (quoted[2] ?? '').replaceAll("''", "'")
    : (quoted[2] ?? '').replace(/\\(["\\/])/g, '$1').replaceAll('\\n', '\n');
}
