import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Loaded, loadConfig, loadProfile, loadScenario } from '../../../src/config/load.ts';
import { renderMistake } from '../../../src/config/mistake.ts';
import { initFiles } from '../../../src/config/templates.ts';
import { canonicalJson } from '../../../src/domain/canonical.ts';
import type { Result } from '../../../src/domain/failure.ts';
import { CONFIG, SCENARIO } from './files.ts';

const WORDS = [
  ...[
    'apiVersion',
    'redfirst.dev/v1',
    'feature',
    'pause',
    'kind',
    'bugfix',
    'problem',
    'criteria',
    'id',
    'text',
    'cases',
    'suite',
  ],
  ...[
    'suites',
    'contract',
    'unit',
    'runner',
    'go-test',
    'command',
    'select',
    'files',
    'paths',
    'preset',
    'go',
    'tests',
    'provider',
    'qemu',
  ],
  ...[
    ': ',
    ':\n',
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '"',
    "'",
    '|\n',
    '>-\n',
    '#',
    '&a ',
    '*a',
    '!!str ',
    '!x ',
    '? ',
  ],
  ...[
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '<<: ',
    '\t',
    '\r\n',
    '\u0000',
    '\ufeff',
    '\ud800',
    '\u202e',
    '~',
    '0x1',
    '-1',
    '1e999',
    '.nan',
    '__proto__',
  ],
];
const yamlish = fc
  .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 60 })
  .map((parts) => parts.join(''));

const VALID = [
  SCENARIO,
  ...initFiles({ features: ['pause'], preset: 'go' })
    .filter((file) => file.path.endsWith('.yaml'))
    .map((file) => file.text),
];

/** A valid file with pieces cut, doubled, moved or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...VALID),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(30),
        put: fc.oneof(fc.constantFrom(...WORDS, ''), yamlish),
      }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((now, { at, cut, put }) => {
      const index = Math.floor(at * now.length);
      return now.slice(0, index) + put + now.slice(index + cut);
    }, text),
  );

function checkOutcome(text: string, result: Result<Loaded<unknown>>): void {
  if (result.ok) {
    // What loads can be recorded: no lone surrogate, no fraction, nothing that JSON does not know.
    canonicalJson(result.value.value);
    return;
  }
  const { failure } = result;
  expect(failure.reason).toBe('configuration-invalid');
  expect(failure.exit).toBe(2);
  expect(failure.details?.length).toBeGreaterThan(0);
  expect(failure.where).toEqual(failure.details?.[0]?.where);
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  let previous = 0;
  for (const finding of failure.details ?? []) {
    const { line = 0, column = 0, text: shown } = finding.where ?? { file: '' };
    expect(line).toBeGreaterThanOrEqual(Math.max(1, previous));
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
    expect(shown).toBe(lines[line - 1]);
    expect(renderMistake(finding)).not.toMatch(/[^\P{Cc}\t\n]|[\u202a-\u202e]/u);
    previous = line;
  }
}

async function checkText(text: string): Promise<void> {
  const read = async (): Promise<string> => text;
  checkOutcome(text, await loadConfig(read));
  checkOutcome(text, await loadScenario(read, 'pause', CONFIG));
  checkOutcome(text, await loadProfile(read, 'lab', CONFIG));
}

describe('whatever stands in a file', () => {
  it('is loaded or refused with places inside it: words and marks', async () => {
    await fc.assert(fc.asyncProperty(yamlish, checkText), { numRuns: 400 });
  });

  it('is loaded or refused with places inside it: valid files, damaged', async () => {
    await fc.assert(fc.asyncProperty(mutated, checkText), { numRuns: 400 });
  });
});
