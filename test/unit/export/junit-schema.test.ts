import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { exportJunitFiles, exportJunitMerged, exportJunitSuite, SUITE_CASE } from '../../../src/export/junit.ts';
import { visibleXml } from '../../../src/export/xml-text.ts';
import { makeObservation, makeRun, makeSuite, makeVerdict, mixedRedSuite } from './evidence.ts';
import { countWithXmllint, readWithPython, readWithSaxes, schemaErrors, whyWithout } from './read-xml.ts';

const SCHEMA = fileURLToPath(new URL('../../fixtures/jenkins-junit.xsd', import.meta.url));
const noXmllint = whyWithout('xmllint', '--version', 'apt-get install libxml2-utils');
const noPython = whyWithout('python3', '--version', 'apt-get install python3');

/** Any sequence of UTF-16 units, lone surrogates included, with the characters that break XML made frequent. */
const hostile = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(
        ']]>',
        '<![CDATA[',
        '&',
        '<',
        '>',
        '"',
        "'",
        '\0',
        '\u001b[31m',
        '\r\n',
        '\r',
        '\t',
        '\ud800',
        '\udc00',
        '\ufffe',
        '&#0;',
      ),
      fc.string({ unit: 'grapheme' }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

/** A suite of one case for every given name and message. */
function hostileSuite(texts: readonly (readonly [name: string, message: string])[]) {
  return makeSuite(
    texts.map(([name, message]) => makeVerdict(name, { detail: message, signature: message, criteria: [message] })),
    texts.map(([name, message]) => makeObservation(name, { failure: { kind: 'assertion', type: message, message } })),
  );
}

/** What a parser makes of the line ends of character data: `\r\n` is one; a lone `\r` was written visibly. */
function asCharacterData(text: string): string {
  return visibleXml(text).replace(/\r\n/g, '\n').replace(/\r/g, '\\u000d');
}

const payloads: [string, string][] = [
  ['</testcase><testcase name="forged"/>', ']]></system-out></testcase><testcase name="forged"/><![CDATA['],
  ['$(reboot); `id` && rm -rf /', ']]>]]><testcase name="forged"/>'],
  ['"><script>alert(1)</script>', '<!ENTITY x SYSTEM "file:///etc/passwd">&x;'],
  ["Robert'); DROP TABLE runs;--", '../../../etc/passwd'],
  ['\u001b]0;title\u0007\u001b[2J', '\u0000\u0001\u0002 nul'],
  ['half \ud83d', '\udc00 half'],
  ['', ''],
];

test('any name and message gives a well-formed document that reads back the same', () => {
  const texts = fc.uniqueArray(fc.tuple(hostile, hostile), { selector: ([name]) => name, maxLength: 6 });
  fc.assert(
    fc.property(texts, (pairs) => {
      const { root, suites, cases } = readWithSaxes(exportJunitSuite(hostileSuite(pairs), makeRun([])));
      const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(cases.map(({ name }) => name)).toEqual([
        SUITE_CASE,
        ...sorted.map(([name]) => `[failed as expected] ${visibleXml(name)}`),
      ]);
      expect(root[1]).toBe(String(pairs.length + 1));
      expect(suites[0]?.counts[0]).toBe(root[1]);
      for (const [index, [, message]] of sorted.entries()) {
        expect(cases[index + 1]?.out).toContain(message ? `\n${asCharacterData(message)}\n` : 'redfirst.case: ');
      }
    }),
    { numRuns: 500 },
  );
});

test('any failure of a refused case reads back the same', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const suite = makeSuite(
        [makeVerdict('a', { code: 'undeclared-failure', detail: text })],
        [makeObservation('a', { failure: { kind: 'error', type: 'E', message: text } })],
      );
      const shown = readWithSaxes(exportJunitSuite(suite, makeRun([suite]))).cases[1];
      expect(shown?.status).toBe('failure');
      const recorded = text ? `attempt 1: failed in body (E)\n${text}` : 'attempt 1: failed in body (E)';
      expect(shown?.text.split('\n\n').slice(1).join('\n\n')).toBe(asCharacterData(recorded));
    }),
    { numRuns: 500 },
  );
});

test('no payload becomes a case, an attribute or an entity', () => {
  const { cases } = readWithSaxes(exportJunitSuite(hostileSuite(payloads), makeRun([])));
  expect(cases).toHaveLength(payloads.length + 1);
  expect(cases.every(({ status }) => status === 'passed')).toBe(true);
  expect(cases.map(({ name }) => name)).not.toContain('forged');
});

const documents = (): [string, string][] => {
  const run = makeRun([
    mixedRedSuite(),
    hostileSuite([...payloads, ...fc.sample(fc.tuple(hostile, hostile), { seed: 7, numRuns: 300 })]),
  ]);
  return [
    ['merged', exportJunitMerged(run)],
    ['outcome', exportJunitMerged(run, { mode: 'outcome' })],
    ...[...exportJunitFiles(run)].map(({ name, xml }): [string, string] => [name, xml]),
  ];
};

describe('by libxml2', () => {
  beforeEach((ctx) => ctx.skip(noXmllint !== undefined, noXmllint));
  test.each(documents())('%s is valid by the Jenkins JUnit schema', (_name, xml) => {
    expect(schemaErrors(xml, SCHEMA)).toBe('');
  });

  test('the schema refuses what Jenkins refuses', () => {
    const xml = exportJunitSuite(mixedRedSuite(), makeRun([]));
    const refused = {
      'skipped on the root': xml.replace('<testsuites ', '<testsuites skipped="0" '),
      'properties of a case': exportJunitSuite(mixedRedSuite(), makeRun([]), { caseProperties: true }),
      'a suite without a count': xml.replace(' tests="5" failures="2" errors="0" skipped="0"', ''),
      'a fourth decimal': xml.replace('time="0.001"', 'time="0.0012"'),
      'an unknown element': xml.replace('</testsuites>', '<testcases/></testsuites>'),
    };
    for (const [what, changed] of Object.entries(refused)) {
      expect(changed, what).not.toBe(xml);
      expect(schemaErrors(changed, SCHEMA), what).toContain('fails to validate');
    }
  });

  test.each(documents())('%s has the counts that it claims', (_name, xml) => {
    const { root, suites } = readWithSaxes(xml);
    const elements = ['testcase', 'failure', 'error'].map((name) => countWithXmllint(xml, `count(//${name})`));
    expect(root.slice(1)).toEqual(elements.map(String));
    for (const [index, { counts }] of suites.entries()) {
      const found = ['testcase', 'testcase/failure', 'testcase/error', 'testcase/skipped'];
      expect(counts).toEqual(
        found.map((path) => String(countWithXmllint(xml, `count(/*/testsuite[${index + 1}]/${path})`))),
      );
    }
  });
});

describe('by expat', () => {
  beforeEach((ctx) => ctx.skip(noPython !== undefined, noPython));
  test.each(documents())('%s reads the same as by saxes', (_name, xml) => {
    const read = readWithPython(xml);
    expect(read.cases.length).toBeGreaterThan(0);
    expect(read).toEqual(readWithSaxes(xml));
  });
});
