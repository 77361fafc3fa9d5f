import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runnerFor } from '../../src/suite/runners.ts';
import { makeFolder, makeResult, makeSpec, ROOT, removeFolder } from '../unit/suite/suite-lab.ts';

let folder: string;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => removeFolder(folder));

const junit = (content: string | Uint8Array) => runnerFor('command').read(makeResult(folder, content));
const HEAD = 'the report is no JUnit file that can be read: ';
const DOCTYPE = `${HEAD}it declares a document type; entities are never read`;

describe('JUnit that attacks its reader', () => {
  test('a billion laughs', async () => {
    const entities = Array.from({ length: 10 }, (_, i) => `<!ENTITY lol${i + 1} "${`&lol${i};`.repeat(10)}">`).join('');
    const bomb = `<?xml version="1.0"?><!DOCTYPE t [<!ENTITY lol0 "lol">${entities}]><testsuite><testcase name="&lol10;"/></testsuite>`;
    expect(await junit(bomb)).toMatchObject({ status: { status: 'unreadable', detail: DOCTYPE }, observations: [] });
  });

  test('an external entity is neither read nor fetched', async () => {
    writeFileSync(join(folder, 'secret'), 'canary');
    const xxe = `<?xml version="1.0"?><!DOCTYPE t [<!ENTITY x SYSTEM "file://${join(folder, 'secret')}">]><testsuite><testcase name="&x;"/></testsuite>`;
    const report = await junit(xxe);
    expect(report).toMatchObject({ status: { status: 'unreadable', detail: DOCTYPE }, observations: [] });
    expect(JSON.stringify(report)).not.toContain('canary');
  });

  test('an external document type, and one that never ends', async () => {
    expect((await junit('<!DOCTYPE t SYSTEM "http://127.0.0.1:1/t.dtd"><testsuite/>')).status).toEqual({
      status: 'unreadable',
      detail: DOCTYPE,
    });
    expect((await junit(`<!DOCTYPE t [${'<!ELEMENT a ANY>'.repeat(100_000)}`)).status).toEqual({
      status: 'unreadable',
      detail: DOCTYPE,
    });
  });

  test('elements nested without end', async () => {
    expect((await junit(`<testsuite>${'<a>'.repeat(100_000)}`)).status).toEqual({
      status: 'unreadable',
      detail: `${HEAD}elements are nested deeper than 64`,
    });
  });

  test('attributes without end, and one of ten megabytes', async () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `a${i}="x"`).join(' ');
    expect((await junit(`<testsuite><testcase ${many}/></testsuite>`)).status).toEqual({
      status: 'unreadable',
      detail: expect.stringMatching(
        /an element has more than 256 attributes|a start tag is longer than 1048576 characters/,
      ),
    });
    expect((await junit(`<testsuite><testcase name="${'x'.repeat(10_000_000)}"/></testsuite>`)).status).toEqual({
      status: 'unreadable',
      detail: `${HEAD}a start tag is longer than 1048576 characters`,
    });
  });

  test.each([
    ['NUL', '<testsuite><testcase name="a\u0000b"/></testsuite>'],
    ['a control character', '<testsuite><testcase name="a\u0001b"/></testsuite>'],
    ['a reference to NUL', '<testsuite><testcase name="a&#0;b"/></testsuite>'],
    [
      'a control character deep in a long text',
      `<testsuite><testcase name="a"><system-out>${'x'.repeat(200_000)}\u0008${'x'.repeat(200_000)}</system-out></testcase></testsuite>`,
    ],
    ['bytes that are no UTF-8', Buffer.from('<testsuite><testcase name="\xff\xfe"/></testsuite>', 'latin1')],
    [
      'an overlong encoding',
      Buffer.concat([
        Buffer.from('<testsuite><testcase name="'),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from('"/></testsuite>'),
      ]),
    ],
  ])('%s is refused', async (_, content) => {
    expect((await junit(content)).status.status).toBe('unreadable');
  });

  const PAYLOADS = [
    '$(touch /tmp/pwned)',
    '`id`',
    '; rm -rf /',
    '<script>alert(1)</script>',
    ']]>',
    '--&gt;',
    `'; DROP TABLE runs; --`,
    '../../../etc/passwd',
    'line\nbreak\ttab',
    '%s%n',
    '{{7*7}}',
    '\u202eright to left',
    '__proto__',
  ];
  test('names that are payloads survive verbatim', async () => {
    const escapeXml = (text: string): string => text.replace(/[&<>"\n\t]/g, (one) => `&#${one.codePointAt(0)};`);
    const report = await junit(
      `<testsuite>${PAYLOADS.map((name) => `<testcase name="${escapeXml(name)}"><failure message="${escapeXml(name)}"/></testcase>`).join('')}</testsuite>`,
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.observations.map(({ name, failure }) => [name, failure?.message])).toEqual(
      PAYLOADS.map((name) => [name, name]),
    );
  });

  test('names that are payloads survive in a go test stream, too', async () => {
    const lines = PAYLOADS.flatMap((Test) =>
      ['run', 'pass'].map((Action) => JSON.stringify({ Action, Package: 'p', Test })),
    );
    const content = `${[...lines, JSON.stringify({ Action: 'pass', Package: 'p' })].join('\n')}\n`;
    const report = await runnerFor('go-test').read(
      makeResult(folder, content, { spec: makeSpec({ runner: 'go-test' }) }),
    );
    expect(report.observations.map(({ name }) => name)).toEqual(PAYLOADS.map((name) => `p.${name}`));
  });
});

describe('a gigabyte, or a quarter of one', () => {
  /** Peak resident memory of a process that reads the report, in MB; the report is removed. */
  async function peak(path: string, runner: string): Promise<number> {
    const outfile = join(folder, 'reader.mjs');
    const child = join(folder, 'child.mjs');
    const banner = {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(join(ROOT, 'package.json'))});`,
    };
    await build({
      entryPoints: [join(ROOT, 'src/suite/runners.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      banner,
      logLevel: 'error',
    });
    writeFileSync(
      child,
      `import { runnerFor } from ${JSON.stringify(outfile)};
       const [, , reportPath, runner] = process.argv;
       const report = await runnerFor(runner).read({ spec: { suite: 'unit', runner, select: { files: [] } }, attempt: 1, worktree: '/', reportPath,
         stderrPath: '/dev/null', end: { cause: 'exited', code: 0 }, startedAtMs: 0, token: '' });
       console.log(JSON.stringify({ status: report.status.status, cases: report.observations.length, peak: process.resourceUsage().maxRSS }));`,
    );
    const said = JSON.parse(execFileSync(process.execPath, [child, path, runner], { encoding: 'utf8' })) as {
      status: string;
      cases: number;
      peak: number;
    };
    rmSync(path);
    expect(said).toMatchObject({ status: 'complete', cases: 2 });
    return said.peak / 1024;
  }

  function write(name: string, megabytes: number, before: string, line: string, after: string): string {
    const path = join(folder, name);
    const block = Buffer.from(line.repeat(Math.ceil((1024 * 1024) / line.length)));
    const fd = openSync(path, 'w');
    writeSync(fd, before);
    for (let written = 0; written < megabytes; written++) writeSync(fd, block);
    writeSync(fd, after);
    closeSync(fd);
    return path;
  }

  test.each([
    ['CDATA full of markup', '<![CDATA[', '<log level="info">reconciled ]] ]] & requeued</log>\n', ']]>'],
    ['text', '', 'level=info msg=&quot;reconciled&quot; and requeued\n', ''],
  ])(
    'of captured output, as %s, costs no more memory than ten megabytes',
    { timeout: 300_000 },
    async (_, open, line, close) => {
      const before = `<testsuite><testcase name="a"><system-out>${open}`;
      const after = `${close}</system-out></testcase><testcase name="b"/></testsuite>`;
      const small = await peak(write('small.xml', 10, before, line, after), 'command');
      const large = await peak(write('large.xml', 1024, before, line, after), 'command');
      expect(large - small, `${large.toFixed(0)} MB against ${small.toFixed(0)} MB`).toBeLessThan(50);
    },
  );

  test('of what one failing Go test printed costs no more memory than ten megabytes', {
    timeout: 300_000,
  }, async () => {
    const before = '{"Action":"run","Package":"p","Test":"TestA"}\n';
    const line = '{"Action":"output","Package":"p","Test":"TestA","Output":"level=info msg=reconciled\\n"}\n';
    const after = `${['fail', 'run', 'pass']
      .map((Action, i) => `${JSON.stringify({ Action, Package: 'p', Test: i === 0 ? 'TestA' : 'TestB' })}\n`)
      .join('')}{"Action":"fail","Package":"p"}\n`;
    const small = await peak(write('small.json', 10, before, line, after), 'go-test');
    const large = await peak(write('large.json', 256, before, line, after), 'go-test');
    // V8's young generation grows to 48 MB under any long stream; what is held must not grow with it.
    expect(large - small, `${large.toFixed(0)} MB against ${small.toFixed(0)} MB`).toBeLessThan(80);
  });
});
