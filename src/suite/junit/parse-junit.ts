import { SaxesParser } from 'saxes';
import { MESSAGE_LIMIT } from '../../domain/observation.ts';
import { readChunks } from '../read-chunks.ts';
import { decoderFor } from './decode-xml.ts';
import { RunElider } from './elide-runs.ts';

/** One `<failure>`, `<error>`, `<skipped>` or rerun of a case. */
export interface JunitResult {
  readonly element: string;
  readonly type: string;
  readonly message: string;
  text: string;
  /** Characters of the text that were left out. */
  unseen: number;
}

export interface JunitCase {
  readonly name: string;
  readonly classname: string;
  readonly file: string;
  readonly time: string;
  /** ginkgo's and googletest's own word, where it is written. */
  readonly status: string;
  results: readonly JunitResult[];
}

/** Nearly all cases have none, and share this. */
const NO_RESULTS: readonly JunitResult[] = [];

/** What a suite holds. `failing`: cases with a failure or an error; `failures` and `errors`: the elements themselves. */
export interface JunitCounts {
  cases: number;
  skipped: number;
  failing: number;
  erring: number;
  failures: number;
  errors: number;
  /** Earlier repetitions of its cases. */
  retries: number;
  /** Failures and errors that belong to no case. */
  outside: number;
}

/** What a suite's header claims, beside what its body holds. */
export interface JunitSuite {
  readonly name: string;
  readonly claimed: Readonly<Record<string, string>>;
  readonly body: JunitCounts;
  /** Of these, what lies directly in it rather than in suites inside it. */
  readonly direct: JunitCounts;
}

export interface JunitSink {
  onCase(testCase: JunitCase): void;
  /** Called when the suite ends: after its cases and the suites inside it. */
  onSuite(suite: JunitSuite): void;
  /** A failure or error that stands in a suite and in no case. */
  onSuiteResult?(suite: string, result: JunitResult): void;
}

export type JunitEnd = { readonly ok: true } | { readonly ok: false; readonly cut: boolean; readonly reason: string };

const DEPTH_LIMIT = 64;
const ATTRIBUTE_LIMIT = 256;
/** An attribute takes four characters at least. */
const LONG_TAG = 4 * ATTRIBUTE_LIMIT;
const RESULTS_KEPT = 64;
const TEXT_KEPT = MESSAGE_LIMIT + 64;
const RESULT_ELEMENTS = new Set([
  'failure',
  'error',
  'skipped',
  'flakyFailure',
  'flakyError',
  'rerunFailure',
  'rerunError',
  // Words of single writers; none of them is a pass.
  'skip',
  'ignored',
  'disabled',
  'pending',
  'incomplete',
  'inconclusive',
  'warning',
  'aborted',
  'timeout',
]);
/** The words for what did not run to its end and did not fail either. */
export const SKIP_ELEMENTS: ReadonlySet<string> = new Set([
  'skipped',
  'skip',
  'ignored',
  'disabled',
  'pending',
  'incomplete',
  'inconclusive',
]);

class Refused extends Error {}

/**
 * Reads a JUnit file as a stream and tells each case as it ends. Bounded in depth, attributes and text; a document type
 * declaration is refused, so that no entity is ever expanded or fetched.
 * @returns whether the document ended properly, and if not, whether it was cut or is none.
 */
export async function parseJunit(path: string, sink: JunitSink): Promise<JunitEnd> {
  const parser = new JunitParser(sink);
  let decoder: ReturnType<typeof decoderFor> | undefined;
  try {
    for await (const bytes of readChunks(path)) {
      decoder ??= decoderFor(bytes);
      if ('refused' in decoder) return { ok: false, cut: false, reason: decoder.refused };
      parser.write(decode(decoder, bytes));
    }
    if (decoder !== undefined && 'end' in decoder) {
      try {
        parser.write(decoder.end());
      } catch (error) {
        if (error instanceof TypeError) return { ok: false, cut: true, reason: 'the document ends inside a character' };
        throw error;
      }
    }
    return parser.end();
  } catch (error) {
    // Ours, or the parser's own, which is a plain Error; anything else is no finding about the document.
    if (error instanceof Refused) return { ok: false, cut: false, reason: error.message };
    if (error instanceof Error && error.constructor === Error && !('code' in error))
      return { ok: false, cut: false, reason: error.message };
    throw error;
  }
}

function decode(decoder: { decode(bytes: Buffer): string }, bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new Refused('it holds bytes that are not of its encoding', { cause });
  }
}

const NO_COUNTS: Readonly<JunitCounts> = {
  cases: 0,
  skipped: 0,
  failing: 0,
  erring: 0,
  failures: 0,
  errors: 0,
  retries: 0,
  outside: 0,
};
const COUNTED = Object.keys(NO_COUNTS) as readonly (keyof JunitCounts)[];

class JunitParser {
  private readonly parser = new SaxesParser({ position: false });
  private readonly elider = new RunElider();
  private readonly suites: JunitSuite[] = [];
  private readonly suiteDepths: number[] = [];
  private depth = 0;
  private rootClosed = false;
  private fed = 0;
  private lastEvent = -1;
  /** Position after the last tag, of the whole document. */
  private lastTag = 0;
  private current: JunitCase | undefined;
  private caseDepth = 0;
  private result: JunitResult | undefined;
  private resultDepth = 0;
  private readonly sink: JunitSink;

  constructor(sink: JunitSink) {
    this.sink = sink;
    this.parser.on('opentag', (tag) => this.open(tag.name, tag.attributes as Record<string, string>));
    this.parser.on('closetag', () => this.close());
    this.parser.on('doctype', () => {
      throw new Refused('it declares a document type; entities are never read');
    });
  }

  write(chunk: string): void {
    let text = this.elider.enter(chunk);
    if (this.elider.refused !== undefined) throw new Refused(this.elider.refused);
    const held = RunElider.heldBack(text);
    if (held > 0) {
      this.elider.hold(text.slice(text.length - held));
      text = text.slice(0, text.length - held);
    }
    if (text === '') return;
    this.lastEvent = -1;
    const before = this.fed;
    this.parser.write(text);
    this.fed += text.length;
    this.elider.follow(text, this.lastEvent === -1 ? -1 : this.lastEvent - before);
    if (this.elider.refused !== undefined) throw new Refused(this.elider.refused);
  }

  end(): JunitEnd {
    const held = this.elider.release();
    if (held !== '') this.parser.write(held);
    if (!this.rootClosed) {
      const inside = this.depth === 0 ? 'before its root element' : 'before its root element ends';
      return { ok: false, cut: true, reason: `the document breaks off ${inside}` };
    }
    this.parser.close();
    return { ok: true };
  }

  private open(name: string, attributes: Record<string, string>): void {
    const { position } = this.parser;
    // Only a long tag can hold many attributes.
    if (position - this.lastTag > LONG_TAG) checkCount(attributes);
    this.lastEvent = this.lastTag = position;
    this.elider.elided = 0;
    if (++this.depth > DEPTH_LIMIT) throw new Refused(`elements are nested deeper than ${DEPTH_LIMIT}`);
    const { current } = this;
    if (current !== undefined) {
      if (this.depth === this.caseDepth + 1 && RESULT_ELEMENTS.has(name)) this.openResult(current, name, attributes);
      return;
    }
    if (this.result !== undefined) return;
    if (name === 'testcase') {
      this.caseDepth = this.depth;
      this.current = {
        name: attributes['name'] ?? '',
        classname: attributes['classname'] ?? '',
        file: attributes['file'] ?? '',
        time: attributes['time'] ?? '',
        status: statusOf(attributes),
        results: NO_RESULTS,
      };
    } else if (name === 'testsuite' || name === 'testsuites') {
      this.suiteDepths.push(this.depth);
      this.suites.push({
        name: attributes['name'] ?? '',
        claimed: attributes,
        body: { ...NO_COUNTS },
        direct: { ...NO_COUNTS },
      });
    } else if ((name === 'failure' || name === 'error') && this.suiteDepths.at(-1) === this.depth - 1) {
      this.openSuiteResult(name, attributes);
    } else if (this.depth === 1)
      throw new Refused(`its root element is <${name.slice(0, 100)}>, not <testsuites> or <testsuite>`);
  }

  private openSuiteResult(element: string, attributes: Record<string, string>): void {
    const suite = this.suites[this.suites.length - 1];
    if (suite !== undefined) suite.direct.outside++;
    this.gather(toResult(element, attributes));
  }

  private openResult(current: JunitCase, element: string, attributes: Record<string, string>): void {
    const result = toResult(element, attributes);
    if (current.results === NO_RESULTS) current.results = [result];
    else if (current.results.length < RESULTS_KEPT) current.results = [...current.results, result];
    else if (isFailing(result) && !current.results.some(isFailing)) current.results = [...current.results, result];
    this.gather(result);
  }

  private gather(result: JunitResult): void {
    this.result = result;
    this.resultDepth = this.depth;
    if (result.element === 'skipped') return;
    // Text is kept only here: everywhere else the parser need not even gather it.
    this.parser.on('text', this.keep);
    this.parser.on('cdata', this.keep);
  }

  private readonly keep = (text: string): void => {
    const { result } = this;
    if (result === undefined) return;
    const room = TEXT_KEPT - result.text.length;
    result.text += text.length <= room ? text : text.slice(0, room);
    result.unseen += Math.max(0, text.length - room) + this.elider.elided;
    this.elider.elided = 0;
  };

  private close(): void {
    this.lastEvent = this.lastTag = this.parser.position;
    const depth = this.depth--;
    if (this.result !== undefined) {
      if (depth !== this.resultDepth) return;
      this.result.unseen += this.elider.elided;
      this.elider.elided = 0;
      if (this.result.element !== 'skipped') {
        this.parser.off('text');
        this.parser.off('cdata');
      }
      if (this.current === undefined)
        this.sink.onSuiteResult?.(this.suites[this.suites.length - 1]?.name ?? '', this.result);
      this.result = undefined;
      return;
    }
    if (this.current !== undefined) {
      if (depth === this.caseDepth) this.closeCase(this.current);
      return;
    }
    if (this.suiteDepths[this.suiteDepths.length - 1] === depth) this.closeSuite();
    if (depth === 1) this.rootClosed = true;
  }

  private closeCase(testCase: JunitCase): void {
    this.current = undefined;
    const suite = this.suites[this.suites.length - 1];
    if (suite !== undefined) {
      suite.direct.cases++;
      if (testCase.results.length > 0) count(testCase, suite.direct);
    }
    this.sink.onCase(testCase);
  }

  private closeSuite(): void {
    const suite = this.suites.pop() as JunitSuite;
    this.suiteDepths.pop();
    const parent = this.suites[this.suites.length - 1];
    for (const key of COUNTED) {
      suite.body[key] += suite.direct[key];
      if (parent !== undefined) parent.body[key] += suite.body[key];
    }
    this.sink.onSuite(suite);
  }
}

function toResult(element: string, attributes: Record<string, string>): JunitResult {
  return { element, type: attributes['type'] ?? '', message: attributes['message'] ?? '', text: '', unseen: 0 };
}

/** googletest says both that a case was run and what came of it. */
function statusOf({ status, result }: Record<string, string>): string {
  return status === undefined || status === '' || /^run$/i.test(status) ? (result ?? status ?? '') : status;
}

const isFailing = ({ element }: JunitResult): boolean => element === 'failure' || element === 'error';

function count({ results }: JunitCase, into: JunitCounts): void {
  let failures = 0;
  let errors = 0;
  let skips = 0;
  for (const { element } of results) {
    if (element === 'failure') failures++;
    else if (element === 'error') errors++;
    else if (SKIP_ELEMENTS.has(element)) skips++;
    else if (element.startsWith('rerun') || element.startsWith('flaky')) into.retries++;
  }
  into.failures += failures;
  into.errors += errors;
  if (errors > 0) into.erring++;
  if (failures + errors > 0) into.failing++;
  else if (skips > 0) into.skipped++;
}

function checkCount(attributes: Record<string, string>): void {
  let seen = 0;
  for (const _ in attributes)
    if (++seen > ATTRIBUTE_LIMIT) throw new Refused(`an element has more than ${ATTRIBUTE_LIMIT} attributes`);
}
