import type { EvidenceGrade } from '../domain/vocabulary.ts';
import { GRADE_ATTEMPTS } from '../domain/vocabulary.ts';
import { nearestWord, showValue } from './mistake.ts';
import type { Problem } from './problem.ts';
import type { YamlPath } from './read-yaml.ts';
import { LABEL } from './schema-leaves.ts';

type Raw = Readonly<Record<string, unknown>>;

/**
 * What a schema cannot say: rules between fields. They read the file as it was written, tolerantly, so that they are reported
 * together with the schema's own complaints.
 */
export function checkScenario(value: unknown, feature: string): Problem[] {
  const raw = asMap(value);
  if (raw === undefined) return [];
  return [
    ...checkFeature(raw, feature),
    ...checkKind(raw),
    ...checkCriteria(raw),
    ...Object.entries(asMap(raw['suites']) ?? {}).flatMap(([name, suite]) => checkSuite(name, suite)),
    ...repeated(raw['setup'], 'name', (name, index) =>
      error(['setup', index, 'name'], `there are two steps named ${name}`),
    ),
    ...checkPaths(raw['paths']),
  ];
}

const RULE_KEYS = ['preset', 'tests', 'implementation', 'support', 'generated', 'neutral'];

/** One role an entry, since order decides; a preset after other rules would win over them, which is seldom meant. */
export function checkPaths(paths: unknown): Problem[] {
  let own = false;
  const problems: Problem[] = [];
  for (const [index, entry] of asList(paths).entries()) {
    const keys = Object.keys(asMap(entry) ?? { other: 0 });
    const known = keys.filter((key) => RULE_KEYS.includes(key));
    if (known.length > 1) {
      const what = `one entry gives one role, and here are ${known.join(' and ')}`;
      problems.push(error(['paths', index], what, 'write them as entries of their own: their order decides'));
    }
    if (keys.length === 0)
      problems.push(error(['paths', index], 'this entry gives no role', `allowed: ${RULE_KEYS.join(', ')}`));
    const preset = asMap(entry)?.['preset'];
    if (preset === undefined) own = true;
    else if (own) {
      problems.push({
        ...error(
          ['paths', index],
          `the preset ${showValue(preset)} wins over the rules before it`,
          'put presets first',
        ),
        severity: 'warning',
      });
    }
  }
  return problems;
}

function checkFeature(raw: Raw, folder: string): Problem[] {
  const feature = raw['feature'];
  if (typeof feature !== 'string' || feature === folder || !LABEL.test(feature)) return [];
  return [
    error(
      ['feature'],
      `the feature ${showValue(feature)} lies in the folder of ${showValue(folder)}`,
      `write: feature: ${folder}`,
    ),
  ];
}

function checkKind(raw: Raw): Problem[] {
  const kind = raw['kind'];
  const suites = asMap(raw['suites']);
  const problems: Problem[] = [];
  if (suites !== undefined) {
    const missing = kind === 'feature' ? ['contract', 'integration'].filter((name) => suites[name] === undefined) : [];
    for (const name of missing) {
      problems.push(
        error(
          ['suites'],
          `a feature needs a suite "${name}"`,
          'articles 9.1 and 9.3: contracts and integration come first',
          'key',
        ),
      );
    }
    if (missing.length === 0 && Object.keys(suites).length === 0) {
      problems.push(error(['suites'], 'there is no suite to run', 'allowed: contract, integration, e2e, unit', 'key'));
    }
  }
  if (
    (kind === 'feature' || kind === 'bugfix') &&
    asList(raw['criteria']).length === 0 &&
    !isWrongList(raw['criteria'])
  ) {
    problems.push(
      error(
        ['criteria'],
        `a ${kind} needs at least one acceptance criterion`,
        'write: criteria: [{id: AC-1, text: …}]',
        'key',
      ),
    );
  }
  if (kind === 'graduation' && raw['gate'] === undefined) {
    problems.push(
      error(['gate'], 'a graduation needs the gate that it opens', 'write: gate: {name: …, default: off}', 'key'),
    );
  }
  return problems;
}

function checkCriteria(raw: Raw): Problem[] {
  const suites = asMap(raw['suites']);
  const problems = repeated(raw['criteria'], 'id', (id, index) =>
    error(['criteria', index, 'id'], `there are two criteria with the id ${id}`),
  );
  for (const [index, entry] of asList(raw['criteria']).entries()) {
    const criterion = asMap(entry) ?? {};
    const id = criterion['id'];
    if (typeof id === 'string' && criterion['cases'] === undefined && !/[0-9]$/.test(id)) {
      problems.push({
        ...error(
          ['criteria', index, 'id'],
          `the criterion ${showValue(id)} names no cases, so every test with that word in its name counts for it`,
          'name its cases, or give it an id such as AC-1, which no test names by accident',
        ),
        severity: 'warning',
      });
    }
    for (const [at, one] of asList(criterion['cases']).entries()) {
      const suite = asMap(one)?.['suite'];
      if (typeof suite !== 'string' || suites === undefined || Object.hasOwn(suites, suite) || !SUITES.includes(suite))
        continue;
      const near = nearestWord(suite, Object.keys(suites));
      problems.push(
        error(
          ['criteria', index, 'cases', at, 'suite'],
          `there is no suite ${showValue(suite)} in this scenario${near === undefined ? '' : `; did you mean "${near}"?`}`,
          `allowed: ${Object.keys(suites).join(', ')}`,
        ),
      );
    }
  }
  return problems;
}

const SUITES = ['contract', 'integration', 'e2e', 'unit'];

function checkSuite(name: string, value: unknown): Problem[] {
  const suite = asMap(value);
  if (suite === undefined || !SUITES.includes(name)) return [];
  const at = (...path: YamlPath): YamlPath => ['suites', name, ...path];
  const runner = suite['runner'];
  const problems: Problem[] = [];
  if (runner === 'command') {
    if (suite['command'] === undefined) {
      problems.push(
        error(at('command'), '"command" is missing', 'runner command needs it: a list of program and arguments', 'key'),
      );
    }
  } else if (typeof runner === 'string' && WITH_FILES.has(runner)) {
    for (const key of ['command', 'reportFormat']) {
      if (suite[key] !== undefined)
        problems.push(error(at(key), `"${key}" is only for runner command, not for ${runner}`, 'remove it', 'key'));
    }
    problems.push(...checkFiles(at('select'), suite['select'], runner));
  }
  return [...problems, ...checkAttempts(name, suite, at)];
}

/** Runners that are handed files or packages, and no command. */
const WITH_FILES = new Set(['vitest', 'node-test', 'go-test', 'ginkgo', 'pytest']);

const FILE_EXAMPLES: Readonly<Record<string, string>> = {
  'go-test': './pkg/pause/...',
  ginkgo: './pkg/pause/...',
  vitest: 'test/pause.test.ts',
  pytest: 'tests/test_pause.py',
};

function checkFiles(path: YamlPath, select: unknown, runner: string): Problem[] {
  const files = asMap(select)?.['files'];
  if ((select !== undefined && asMap(select) === undefined) || isWrongList(files) || asList(files).length > 0)
    return [];
  const example = FILE_EXAMPLES[runner] ?? 'test/pause.test.js';
  return [error([...path, 'files'], `${runner} is given no files`, `write: select: {files: [${example}]}`, 'key')];
}

/** Fewer attempts than the grade fixes would carry the grade's name without its strength. */
function checkAttempts(name: string, suite: Raw, at: (...path: YamlPath) => YamlPath): Problem[] {
  const written = suite['evidence'] ?? defaultEvidence(name);
  if (typeof written !== 'string' || !Object.hasOwn(GRADE_ATTEMPTS, written)) return [];
  const needed = GRADE_ATTEMPTS[written as EvidenceGrade];
  const attempts = asMap(suite['attempts']) ?? {};
  return (['red', 'green'] as const).flatMap((phase) => {
    const count = attempts[phase];
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count >= needed[phase]) return [];
    const what = `evidence ${written} asks for ${needed[phase]} ${phase} attempts, not ${count}`;
    return [error(at('attempts', phase), what, `ask for at least ${needed[phase]}, or for a lower grade`)];
  });
}

/** C for e2e, whose attempts are dear and whose nights raise it; A for the others (design: attempts and grades). */
export function defaultEvidence(suite: string): EvidenceGrade {
  return suite === 'e2e' ? 'C' : 'A';
}

function repeated(list: unknown, key: string, report: (shown: string, index: number) => Problem): Problem[] {
  const seen = new Set<string>();
  return asList(list).flatMap((entry, index) => {
    const name = asMap(entry)?.[key];
    if (typeof name !== 'string') return [];
    if (seen.has(name)) return [report(showValue(name), index)];
    seen.add(name);
    return [];
  });
}

function error(path: YamlPath, what: string, next?: string, at: 'key' | 'value' = 'value'): Problem {
  return { path, at, severity: 'error', what, ...(next !== undefined && { next }) };
}

function asMap(value: unknown): Raw | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Present, but no list: the schema complains about it already. */
function isWrongList(value: unknown): boolean {
  return value !== undefined && !Array.isArray(value);
}
