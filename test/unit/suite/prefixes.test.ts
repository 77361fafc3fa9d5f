import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Observation } from '../../../src/domain/observation.ts';
import type { ReadReport } from '../../../src/suite/runner.ts';
import { runnerFor } from '../../../src/suite/runners.ts';
import type { RecordedCase } from '../../adapters/read-case.ts';
import { fc } from './property.ts';
import { makeFolder, makeResult, makeSpec, removeFolder } from './suite-lab.ts';

/*
 * A report that was cut is never more favourable than the whole of it: it is not complete, or it shows nothing that the whole
 * does not show. Asked of everything that the real tools were recorded to write.
 */
const ADAPTERS = join(dirname(fileURLToPath(import.meta.url)), '../../adapters');
const RECORDED = ['junit', 'tap', 'pytest', 'vitest', 'node-test'].flatMap((tool) =>
  readdirSync(join(ADAPTERS, tool)).map((name) => `${tool}/${name}`),
);

let folder: string;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => removeFolder(folder));

function reader(name: string): { bytes: Buffer; read: (bytes: Uint8Array) => Promise<ReadReport> } {
  const about = JSON.parse(readFileSync(join(ADAPTERS, name, 'case.json'), 'utf8')) as RecordedCase;
  const { runner, reportFormat, exit } = about;
  const spec = makeSpec({ runner, ...(reportFormat === undefined ? {} : { reportFormat }) });
  const over = { spec, token: 'recorded', end: { cause: 'exited', code: exit } as const };
  return {
    bytes: readFileSync(join(ADAPTERS, name, 'report')),
    read: (bytes) => runnerFor(runner).read(makeResult(folder, bytes, over)),
  };
}

const isGreen = ({ outcome, failure }: Observation): boolean => outcome === 'passed' && failure === undefined;
/** What could be red, were there a contract for it: a failure of the body that says something. */
const isRed = ({ outcome, where, failure }: Observation): boolean =>
  (outcome === 'failed' || outcome === 'errored') &&
  (where === 'body' || failure?.kind === 'compile') &&
  failure !== undefined &&
  failure.message !== '' &&
  failure.kind !== 'timeout';

/** What a prefix shows and the whole does not. */
function moreFavourable(part: ReadReport, whole: ReadReport): string[] {
  if (part.status.status !== 'complete' || whole.status.status !== 'complete') return [];
  const named = (name: string): Observation[] => whole.observations.filter((one) => one.name === name);
  const found = part.observations
    .filter((one) => (isGreen(one) && !named(one.name).some(isGreen)) || (isRed(one) && !named(one.name).some(isRed)))
    .map(({ name, outcome, where }) => `${name}: ${outcome} ${where}`);
  if (part.suiteFailures.length < whole.suiteFailures.length) found.push('without a failure of the suite');
  if (part.expectedExit === 'zero' && whole.expectedExit !== 'zero') found.push('without a failure');
  return found;
}

describe('what was recorded', () => {
  test('there is enough of it', () => {
    expect(RECORDED.length).toBeGreaterThanOrEqual(40);
  });

  test.each(RECORDED)('%s, cut', async (name) => {
    const { bytes, read } = reader(name);
    const whole = await read(bytes);
    const lines = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
    const step = Math.max(1, Math.floor(lines.length / 60));
    const cuts = new Set(lines.filter((_, i) => i % step === 0 || i > lines.length - 8));
    for (const share of fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { numRuns: 40, seed: 1 }))
      cuts.add(Math.floor(share * bytes.length));
    for (const at of [...cuts].filter((cut) => cut < bytes.length))
      expect(moreFavourable(await read(bytes.subarray(0, at)), whole), `cut at ${at} of ${bytes.length}`).toEqual([]);
  });

  test.each(RECORDED)('%s, with bytes changed: it does not throw, and what it keeps is bounded', async (name) => {
    const { bytes, read } = reader(name);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(Math.max(0, bytes.length - 1)), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        async (changes) => {
          const changed = Buffer.from(bytes);
          for (const [at, byte] of changes) changed[at] = byte;
          const report = await read(changed);
          expect(report.observations.length).toBeLessThanOrEqual(bytes.length);
          expect(JSON.stringify(report).length).toBeLessThan(20 * bytes.length + 20_000);
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('made up', () => {
  const text = fc
    .string({ maxLength: 12 })
    .map((one) => one.replace(/[&<>"'\p{Cc}\p{Cs}]/gu, '_').replace(/[\ufffe\uffff]/g, '_'));
  const element = fc.constantFrom('failure', 'error', 'skipped', 'flakyFailure', 'rerunError', 'system-out', 'warning');
  const result = fc
    .tuple(element, text, text)
    .map(([name, type, inner]) => `<${name} type="${type}">${inner}</${name}>`);
  const testcase = fc
    .tuple(text, text, fc.array(result, { maxLength: 3 }))
    .map(
      ([name, classname, results]) =>
        `<testcase classname="${classname}" name="${name}">${results.join('')}</testcase>`,
    );
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc
      .tuple(text, fc.array(fc.oneof({ maxDepth: 3 }, testcase, tie('tree')), { maxLength: 4 }))
      .map(([name, inner]) => `<testsuite name="${name}">\n${inner.join('\n')}</testsuite>\n`),
  }));

  test('JUnit of any shape is whole, and no prefix of it is', async () => {
    const read = (content: string): Promise<ReadReport> => runnerFor('command').read(makeResult(folder, content));
    await fc.assert(
      fc.asyncProperty(tree, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), async (xml, share) => {
        expect((await read(xml)).status.status).toBe('complete');
        const part = xml.trimEnd().slice(0, Math.floor(share * xml.trimEnd().length));
        expect((await read(part)).status.status).not.toBe('complete');
      }),
      { numRuns: 150 },
    );
  });

  const point = fc
    .tuple(
      fc.boolean(),
      text.map((one) => one.replace(/#/g, '\\#').replace(/\{\s*$/, '_')),
      fc.constantFrom('', ' # SKIP x', ' # TODO y', ' # timeout after 1s'),
    )
    .map(([ok, title, tail]) => ({ ok, title, tail }));
  test('TAP of any shape is whole, and a prefix of it shows no more', async () => {
    const read = (content: string): Promise<ReadReport> =>
      runnerFor('command').read(makeResult(folder, content, { spec: makeSpec({ reportFormat: 'tap' }) }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(point, { maxLength: 8 }),
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        async (points, first, share) => {
          const plan = `1..${points.length}\n`;
          const body = points
            .map(({ ok, title, tail }, i) => `${ok ? '' : 'not '}ok ${i + 1} - ${i} ${title}${tail}\n`)
            .join('');
          const tap = first ? plan + body : body + plan;
          const whole = await read(tap);
          expect(whole.status.status).toBe('complete');
          expect(moreFavourable(await read(tap.slice(0, Math.floor(share * tap.length))), whole)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
