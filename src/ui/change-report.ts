import type { ChangeCase, ChangeRole, ChangeVerdict } from '../domain/change.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import { wrapText } from './explanation-text.ts';
import { displayWidth, formatDuration, plural, showable } from './terminal-escape.ts';
import { createPaint, type Paint, type Tone } from './terminal-style.ts';

/** What a report of a change is made of. */
export interface ChangeReport {
  /** `#18374`, `main..feature`, or a feature's name. */
  readonly label: string;
  readonly title: string;
  readonly verdict: ChangeVerdict;
  readonly exit: number;
  readonly corners: readonly {
    readonly corner: CornerName;
    readonly commit: string;
    readonly synthesised: boolean;
    readonly durationMs: number;
  }[];
  readonly notes: readonly string[];
}

export interface ReportOptions {
  readonly colour?: boolean;
  /** Every case and its reason, also of those that need no word. */
  readonly verbose?: boolean;
  /** Columns of the terminal; lines are not wrapped where it is not known. */
  readonly width?: number;
}

/** The roles in the order in which a reviewer wants them: what shows something, then what is in the way, then the rest. */
const ORDER: readonly ChangeRole[] = [
  'driver',
  'failing',
  'vacuous',
  'not-judged',
  'pending',
  'adaptation',
  'guard',
  'characterization',
  'rename',
  'retired',
];
/** Roles that are listed case by case without being asked. */
const LISTED: ReadonlySet<ChangeRole> = new Set(['driver', 'failing', 'vacuous', 'not-judged', 'pending']);
/** Most cases of a role that are listed. */
const MOST = 12;

/** The word that says whether a change's tests show what they should, from the exit code that a CI job decides by. */
export function wordOf({ exit, verdict }: Pick<ChangeReport, 'exit' | 'verdict'>): string {
  if (exit === 0) return verdict.class === 'nothing-to-show' ? 'nothing to show' : 'holds';
  if (exit === 1) return 'does not hold';
  return verdict.class === 'not-judgeable' ? 'not judgeable' : 'pending';
}

const isStillPassing = ({ role, touch, code }: ChangeCase): boolean =>
  role === 'not-judged' && touch === 'deleted' && code === 'vacuous';

/** `3 red by assertion, 8 adaptations, 0 vacuous`: what a reviewer reads first. */
export function summarise(verdict: ChangeVerdict): string {
  const touched = verdict.cases.filter(({ touch }) => touch !== 'untouched');
  const count = (has: (one: ChangeCase) => boolean): number => touched.filter(has).length;
  const isRed = (code: ChangeCase['code']) => (one: ChangeCase) => one.role === 'driver' && one.code === code;
  const weak = count((one) => one.role === 'pending' && one.code === 'red/compile');
  const parts: readonly (readonly [number, string, string])[] = [
    [count(isRed('red/assertion')), 'red by assertion', 'red by assertion'],
    [count(isRed('red/declared')), 'red as declared', 'red as declared'],
    [count(isRed('panicked')), 'red by its own panic', 'red by their own panic'],
    [count(isRed('red/compile')) + weak, 'red by compile alone (weak)', 'red by compile alone (weak)'],
    [
      count(({ onlyThroughNeighbour }) => onlyThroughNeighbour === true),
      'red only through a neighbour',
      'red only through a neighbour',
    ],
    [count(({ role }) => role === 'adaptation'), 'adaptation', 'adaptations'],
    [count(({ role }) => role === 'guard'), 'guard', 'guards'],
    [count(({ role }) => role === 'characterization'), 'characterization', 'characterizations'],
    [count(({ role }) => role === 'rename'), 'rename', 'renames'],
    [count(({ role }) => role === 'retired'), 'retired', 'retired'],
    [count(({ role, code }) => role === 'pending' && code !== 'red/compile'), 'pending', 'pending'],
    [count(({ role }) => role === 'failing'), 'failing at H', 'failing at H'],
    [count(isStillPassing), 'deleted while it still passes', 'deleted while they still pass'],
    [
      count((one) => one.role === 'not-judged' && one.onlyThroughNeighbour !== true && !isStillPassing(one)),
      'for a wrong reason',
      'for a wrong reason',
    ],
  ];
  const words = parts
    .filter(([found]) => found > 0)
    .map(([found, one, many]) => `${found} ${found === 1 ? one : many}`);
  return [
    ...words,
    `${count(({ role, onlyThroughNeighbour }) => role === 'vacuous' && onlyThroughNeighbour !== true)} vacuous`,
  ].join(', ');
}

/** A change's verdict in about five lines, then the cases that need a word. Ends in a line end. */
export function renderChangeReport(report: ChangeReport, options: ReportOptions = {}): string {
  const { verdict, label, title } = report;
  const paint = createPaint(options.colour ?? false);
  const word = wordOf(report);
  const told = verdict.cases.some(({ touch }) => touch !== 'untouched') ? summarise(verdict) : showable(verdict.reason);
  const head = [showable(label), showable(title)].filter((part) => part !== '').join(' ');
  const lines = [
    ...wrapped(`${head} — ${word}: ${told}`, options.width, '').map((line, index) =>
      index === 0 ? paint('strong', line) : line,
    ),
  ];
  if (!['assertion', 'nothing-to-show'].includes(verdict.class)) {
    lines.push(...wrapped(`${verdict.class}: ${showable(verdict.reason)}`, options.width, '  '));
  }
  for (const role of ORDER) lines.push(...roleLines(role, verdict, options, paint));
  lines.push(...factLines(report, options, paint));
  return `${lines.join('\n')}\n`;
}

function roleLines(role: ChangeRole, verdict: ChangeVerdict, options: ReportOptions, paint: Paint): string[] {
  const cases = verdict.cases.filter((one) => one.role === role && one.touch !== 'untouched');
  if (cases.length === 0 || !(LISTED.has(role) || options.verbose === true)) return [];
  // What shows nothing is named, every one of it.
  const listed = options.verbose === true || role === 'vacuous' ? cases : cases.slice(0, MOST);
  const lines = listed.flatMap((one) => caseLines(one, options, paint));
  const more = cases.length - listed.length;
  return more > 0 ? [...lines, `  and ${more} more ${role}; --verbose lists them`] : lines;
}

const TONES: Readonly<Partial<Record<ChangeRole, Tone>>> = {
  driver: 'good',
  failing: 'bad',
  vacuous: 'bad',
  'not-judged': 'bad',
  pending: 'doubtful',
};

function caseLines(one: ChangeCase, options: ReportOptions, paint: Paint): string[] {
  const place = one.place === undefined ? '' : `${one.place.file}:${one.place.line}`;
  const plain = `  ${one.role}  ${showable(shortName(one))}${place === '' ? '' : `  ${showable(place)}`}`;
  const [first = '', ...rest] = wrapped(plain, options.width, '    ');
  const line = first.replace(one.role, paint(TONES[one.role] ?? 'quiet', one.role));
  const obvious = options.verbose !== true && isObvious(one);
  return [line, ...rest, ...(obvious ? [] : wrapped(`      ${showable(one.detail)}`, options.width, '      '))];
}

/** Nothing is left to say of a plain driver, or of a case that is green before and after. */
function isObvious({ role, code, strength }: ChangeCase): boolean {
  return (
    (role === 'driver' && code === 'red/assertion' && strength !== 'weak') || (role === 'vacuous' && code === 'vacuous')
  );
}

/** A case's name without its package: the place says that already. */
function shortName({ name }: ChangeCase): string {
  const ginkgo = name.indexOf(' :: ');
  if (ginkgo !== -1) return name.slice(ginkgo + 4);
  return /^\S+\/[^/\s.]+\.((?:Test|Example|Fuzz)[\s\S]*)$/.exec(name)?.[1] ?? name;
}

function factLines({ verdict, corners, notes }: ChangeReport, { width }: ReportOptions, paint: Paint): string[] {
  const sum = (of: (target: ChangeVerdict['targets'][number]) => number): number =>
    verdict.targets.reduce((total, target) => total + of(target), 0);
  const lines: string[] = [];
  const say = (text: string, tone?: Tone): void => {
    const all = wrapped(`  ${text}`, width, '    ');
    lines.push(...(tone === undefined ? all : all.map((line) => paint(tone, line))));
  };
  for (const { target, broken } of verdict.targets) {
    if (broken.length > 0)
      say(
        `breaks ${plural(broken.length, 'untouched case')} of ${showable(target)}: ${broken.slice(0, 3).map(showable).join('; ')}`,
        'bad',
      );
  }
  const controls = sum((target) => target.controls);
  const failing = sum(({ failingAtBase }) => failingAtBase.length);
  const blind = sum((target) => target.blind);
  const facts = [
    controls > 0
      ? `${plural(controls, 'untouched case')} passed before and after (natural controls)`
      : 'no natural controls',
    ...(failing > 0 ? [`${failing} failed at B already, ignored`] : []),
    ...(blind > 0 ? [`${plural(blind, 'case')} blind at R, where the package does not build`] : []),
  ];
  if (corners.length > 0) say(facts.join('; '));
  for (const note of notes) say(`note: ${showable(note)}`);
  if (corners.length > 0) {
    const times = corners.map(
      ({ corner, commit, synthesised, durationMs }) =>
        `${corner} ${commit.slice(0, 10)}${synthesised ? '*' : ''} ${formatDuration(durationMs)}`,
    );
    say(`${times.join(', ')}${corners.some(({ synthesised }) => synthesised) ? ' (* composed)' : ''}`, 'quiet');
  }
  return lines;
}

function wrapped(text: string, width: number | undefined, indent: string): string[] {
  if (width === undefined || displayWidth(text) <= width) return [text];
  const own = /^ */.exec(text)?.[0] ?? '';
  const room = Math.max(20, width - Math.max(own.length, indent.length));
  return wrapText(text.trimStart(), room).map((line, index) => `${index === 0 ? own : indent}${line}`);
}

/** A review comment: the verdict in under ten lines, the cases folded below. Everything of somebody else's is escaped. */
export function renderChangeMarkdown(report: ChangeReport): string {
  const { verdict, label, title, corners, notes } = report;
  const mark = report.exit === 0 ? '✅' : report.exit === 1 ? '❌' : '⚠️';
  const touched = verdict.cases.filter(({ touch }) => touch !== 'untouched');
  const told = touched.length > 0 ? summarise(verdict) : verdict.reason;
  const lines = [
    `${mark} **${escapeMarkdown(`${label} ${title}`.trim())}** — ${wordOf(report)}: ${escapeMarkdown(told)}`,
    '',
  ];
  const wrong = touched.filter(({ role }) => role === 'vacuous' || role === 'failing' || role === 'not-judged');
  for (const one of wrong.slice(0, 3))
    lines.push(`- **${one.role}** ${escapeMarkdown(shortName(one))}: ${escapeMarkdown(one.detail.slice(0, 200))}`);
  if (wrong.length > 3) lines.push(`- and ${wrong.length - 3} more below`);
  const controls = verdict.targets.reduce((sum, target) => sum + target.controls, 0);
  if (corners.length > 0) {
    lines.push(
      '',
      `<details><summary>${plural(touched.length, 'touched case')}, ${plural(controls, 'natural control')}</summary>`,
      '',
    );
    const rows = ORDER.flatMap((role) => touched.filter((one) => one.role === role));
    for (const one of rows.slice(0, 200)) {
      const place = one.place === undefined ? '' : ` ${escapeMarkdown(`${one.place.file}:${one.place.line}`)}`;
      lines.push(`- ${one.role}: ${escapeMarkdown(shortName(one))}${place}`);
    }
    if (rows.length > 200) lines.push(`- and ${rows.length - 200} more`);
    for (const note of notes) lines.push(`- note: ${escapeMarkdown(note)}`);
    const times = corners.map(
      ({ corner, commit, durationMs }) => `${corner} ${commit.slice(0, 10)} ${formatDuration(durationMs)}`,
    );
    lines.push('', times.join(' · '), '', '</details>');
  }
  return `${lines.join('\n')}\n`;
}

/** Names and messages as plain text: no markup, no mention of a person, no link to another issue, no HTML. */
function escapeMarkdown(text: string): string {
  return showable(text)
    .replace(/[\\`*_{}[\]()<>#+!|~$]/g, (mark) => (mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : `\\${mark}`))
    .replace(/&(?!lt;|gt;)/g, '&amp;')
    .replace(/@/g, '@\u200b');
}
