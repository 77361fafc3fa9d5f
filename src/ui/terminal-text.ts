import type { Failure, Finding, Place } from '../domain/failure.ts';
import type { Answer, ObligationVerdict, ProofWord } from '../domain/proof.ts';
import { type EvidenceGrade, GRADE_ATTEMPTS } from '../domain/vocabulary.ts';
import { wrapText } from './explanation-text.ts';
import { alignColumns, displayWidth, plural, showable, showableLines } from './terminal-escape.ts';
import { createPaint, type Paint, type Tone } from './terminal-style.ts';

export { renderVerdictTable } from './verdict-table.ts';

export interface TextOptions {
  readonly colour?: boolean;
}

/** An expected failure as a person reads it: what happened, where, every detail, what to do next. Ends in a line end. */
export function renderFailure(failure: Failure, { colour = false }: TextOptions = {}): string {
  const paint = createPaint(colour);
  // Where a detail has the very place, it stands there, with what is wrong about it.
  const { line, column } = failure.where ?? {};
  const shownBelow = failure.details?.some(({ where }) => where?.line === line && where?.column === column) === true;
  const place = line !== undefined && shownBelow ? [] : placeLines(failure.where, paint);
  const lines = [...labelled('error', 'bad', failure.what, paint), ...place];
  for (const detail of failure.details ?? []) lines.push(...findingLines(detail, paint).map((line) => `  ${line}`));
  lines.push(...nextLines(failure.next));
  return `${lines.join('\n')}\n`;
}

/** One finding of a check, with its place and what to do. Ends in a line end. */
export function renderFinding(finding: Finding, { colour = false }: TextOptions = {}): string {
  return `${findingLines(finding, createPaint(colour)).join('\n')}\n`;
}

const SEVERITY_TONE: Readonly<Record<Finding['severity'], Tone>> = { error: 'bad', warning: 'doubtful', note: 'quiet' };

function findingLines({ severity, what, where, next }: Finding, paint: Paint): string[] {
  return [
    ...labelled(severity, SEVERITY_TONE[severity], what, paint),
    ...placeLines(where, paint),
    ...(next ? nextLines(next) : []),
  ];
}

function labelled(label: string, tone: Tone, text: string, paint: Paint): string[] {
  const [first = '', ...rest] = showableLines(text);
  return [`${paint(tone, `${label}:`)} ${first}`, ...rest.map((line) => `  ${line}`)];
}

function nextLines(text: string): string[] {
  const [first = '', ...rest] = showableLines(text);
  return [`  next: ${first}`, ...rest.map((line) => `        ${line}`)];
}

/** `  at file:line:column`, and the line itself with a caret under the column. */
function placeLines(place: Place | undefined, paint: Paint): string[] {
  if (!place) return [];
  const { file, line, column, text } = place;
  const position = [line, line === undefined ? undefined : column].filter((part) => part !== undefined);
  const lines = [`  at ${[showable(file), ...position].join(':')}`];
  if (text === undefined || line === undefined) return lines;
  // Tabs are one column wide here and in the line above the caret alike.
  const plain = (part: string): string => showable(part.replace(/\t/g, ' '));
  const gutter = ' '.repeat(String(line).length);
  lines.push(`  ${paint('quiet', `${line} |`)} ${plain(text)}`);
  if (column === undefined) return lines;
  const before = displayWidth(plain(text.slice(0, Math.max(0, column - 1))));
  return [...lines, `  ${paint('quiet', `${gutter} |`)} ${' '.repeat(before)}${paint('bad', '^')}`];
}

const ANSWER_TONE: Readonly<Record<Answer, Tone>> = {
  holds: 'good',
  refuted: 'bad',
  unproven: 'doubtful',
  'not required': 'quiet',
};

/** Every obligation with its answer and why, and the word for the whole. Ends in a line end. */
export function renderObligations(
  obligations: readonly ObligationVerdict[],
  word: ProofWord,
  { colour = false }: TextOptions = {},
): string {
  const paint = createPaint(colour);
  const rows = alignColumns(obligations.map(({ code, answer, title }) => [code, answer, showable(title)]));
  const lines: string[] = [];
  for (const [index, { code, answer, why, next, weaker }] of obligations.entries()) {
    const row = rows[index] ?? '';
    const at = code.length + 2;
    lines.push(`${row.slice(0, at)}${paint(ANSWER_TONE[answer], answer)}${row.slice(at + answer.length)}`);
    lines.push(...showableLines(why).map((line) => `     ${line}`));
    if (weaker) lines.push(`     ${paint('doubtful', 'weaker:')} ${showable(weaker)}`);
    if (next && answer !== 'holds' && answer !== 'not required') lines.push(`     next: ${showable(next)}`);
  }
  lines.push('', paint(word === 'not proven' ? 'bad' : 'strong', word));
  // The word stands for less than all obligations; where it is a good one, that is said beside it.
  const unasked = obligations.filter(({ answer }) => answer === 'not required').map(({ code }) => code);
  if (word !== 'not proven' && unasked.length > 0) lines.push(`  not asked here: ${unasked.join(', ')} (see above)`);
  return `${lines.join('\n')}\n`;
}

/** Why a proof that holds is not enough: what the policy asks for, and the suites that stay below. Ends in a line end. */
export function renderGradeShortfall(
  grades: Readonly<Record<string, EvidenceGrade>>,
  policyGrade: EvidenceGrade,
): string {
  const wanted = GRADE_ATTEMPTS[policyGrade];
  const below = Object.entries(grades).filter(([, grade]) => GRADE_ATTEMPTS[grade].red < wanted.red);
  const reached = below.map(([suite, grade]) => `${showable(suite)} reached ${grade}`).join(', ');
  return [
    `  not enough: redfirst.yaml asks for grade ${policyGrade} (${wanted.red} red and ${wanted.green} green attempts); ${reached}`,
    `  next: name \`evidence: ${policyGrade}\` for these suites in the scenario and run both phases again, or ask for less (\`policy.grade\`)`,
    '',
  ].join('\n');
}

/** One feature: what its newest runs say of each suite, in the order of its plan. */
export interface StatusRow {
  readonly feature: string;
  readonly suites: Readonly<Record<string, string>>;
  /** What the last proof said; empty before there is one. */
  readonly word: string;
  readonly lastRun: string;
}

/** Features by suites. Ends in a line end. */
export function renderStatus(rows: readonly StatusRow[], { colour = false }: TextOptions = {}): string {
  // The feature with most suites decides the order of columns; what only others have follows.
  const fullestFirst = [...rows].sort((a, b) => Object.keys(b.suites).length - Object.keys(a.suites).length);
  const suites = [...new Set(fullestFirst.flatMap((row) => Object.keys(row.suites)))];
  const table = rows.map(({ feature, suites: states, word, lastRun }) =>
    [
      feature,
      ...suites.map((suite) => (Object.hasOwn(states, suite) ? states[suite] : undefined) || '-'),
      word || '-',
      lastRun,
    ].map(showable),
  );
  const [head = '', ...lines] = alignColumns([['feature', ...suites, 'proof', 'last run'].map(showable), ...table]);
  return `${[createPaint(colour)('strong', head), ...lines].join('\n')}\n`;
}

/** One suite of a plan, in words. */
export interface PlanTextRow {
  readonly suite: string;
  readonly runner: string;
  readonly profile: string;
  readonly grade: string;
  readonly attempts: string;
  readonly files: string;
  readonly red: string;
}

/** What a run would do: suites in order, and what shows each criterion. Ends in a line end. */
export function renderPlan(
  scenario: { readonly feature: string; readonly kind: string; readonly problem: string },
  rows: readonly PlanTextRow[],
  coverage: readonly { readonly id: string; readonly text: string; readonly by: string }[],
  { colour = false }: TextOptions = {},
): string {
  const paint = createPaint(colour);
  const lines = [paint('strong', `${showable(scenario.feature)} (${showable(scenario.kind)})`)];
  lines.push(...wrapText(showable(scenario.problem.replace(/\s+/g, ' ').trim()), 100).map((line) => `  ${line}`));
  for (const [index, { suite, runner, profile, grade, attempts, files, red }] of rows.entries()) {
    lines.push('', paint('strong', `${index + 1}. ${showable(suite)}`));
    const facts = [
      ['runner', runner],
      ['runs', files],
      ['on', `${profile}, grade ${grade}`],
      ['attempts', attempts],
      ['red by', red],
    ].map((row) => row.map(showable));
    lines.push(...alignColumns(facts).map((line) => `   ${line}`));
  }
  lines.push('', paint('strong', 'criteria'));
  const criteria = alignColumns(
    coverage.flatMap(({ id, text, by }) => [
      [showable(id), showable(text)],
      ['', `by ${showable(by)}`],
    ]),
  );
  lines.push(...criteria.map((line) => `   ${line}`));
  return `${lines.join('\n')}\n`;
}

/** A suite's cases before it runs, as `plan` found them. */
export interface ListingTextRow {
  readonly suite: string;
  readonly cases?: readonly {
    readonly name: string;
    readonly criteria: readonly string[];
    readonly control: boolean;
  }[];
  readonly others?: number;
  readonly reason?: string;
  readonly problems: readonly string[];
}

/** More cases of one suite than this are counted. */
const LISTED_CASES = 50;

/** What each suite would run, and what is wrong with it already. Ends in a line end. */
export function renderListing(rows: readonly ListingTextRow[], { colour = false }: TextOptions = {}): string {
  const paint = createPaint(colour);
  const lines = [paint('strong', 'cases')];
  for (const { suite, cases, others = 0, reason, problems } of rows) {
    const count =
      cases === undefined ? `not known before it runs: ${showable(reason ?? '')}` : plural(cases.length, 'case');
    lines.push(`   ${showable(suite)}: ${count}${others > 0 ? `, and ${others} of others` : ''}`);
    for (const { name, criteria, control } of (cases ?? []).slice(0, LISTED_CASES)) {
      const mark = control ? '  (control)' : criteria.length > 0 ? `  (${criteria.join(', ')})` : '';
      lines.push(`     ${showable(name)}${showable(mark)}`);
    }
    if ((cases?.length ?? 0) > LISTED_CASES) lines.push(`     and ${(cases?.length ?? 0) - LISTED_CASES} more`);
    for (const problem of problems)
      lines.push(`     ${paint('doubtful', 'note')}: ${showable(problem.split('\n')[0] ?? '')}`);
  }
  return `${lines.join('\n')}\n`;
}
