import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Runs `npm test` over files of the fixture. Gives what follows vitest's own report. */
function runTests(...files: string[]): { readonly status: number | null; readonly closing: string } {
  const args = ['test/run-tests.js', '--config', 'test/fixtures/counting/vitest.config.ts', ...files];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  const own = stdout.slice(Math.max(stdout.lastIndexOf(' RUN '), stdout.lastIndexOf('Duration'))).replace(/^.*\n/, '');
  return { status, closing: own.trim() };
}

test('skipped tests are listed with their reasons and do not fail the run', () => {
  expect(runTests('explained')).toEqual({
    status: 0,
    closing: `Skipped:
  test/fixtures/counting/explained.case.ts > asks for what is not here
    docker does not answer
  test/fixtures/counting/explained.case.ts > a group > of one
    qemu is not installed

1 passed, 0 failed, 2 skipped`,
  });
});

test('a skip without a reason is a failure', () => {
  expect(runTests('explained', 'silent')).toEqual({
    status: 1,
    closing: `Skipped:
  test/fixtures/counting/explained.case.ts > asks for what is not here
    docker does not answer
  test/fixtures/counting/explained.case.ts > a group > of one
    qemu is not installed

Skipped without a reason (see docs/contributing.md), which is a failure:
  test/fixtures/counting/silent.case.ts > gives no reason
  test/fixtures/counting/silent.case.ts > is only planned

1 passed, 2 failed, 2 skipped`,
  });
});

test('what never ran because its set-up failed, or its file did not load, has failed', () => {
  const { status, closing } = runTests('explained', 'broken', 'unloadable');
  expect(status).toBe(1);
  expect(closing.slice(closing.indexOf('Failed:')).split('\n').sort()).toEqual([
    '',
    '  test/fixtures/counting/broken.case.ts > a group (set-up or teardown)',
    '  test/fixtures/counting/broken.case.ts > a group > that never ran (never ran)',
    '  test/fixtures/counting/broken.case.ts > fails',
    '  test/fixtures/counting/unloadable.case.ts',
    '1 passed, 4 failed, 2 skipped',
    'Failed:',
  ]);
});

test('a run in which nothing passed has failed', () => {
  expect(runTests('no-such-file')).toEqual({ status: 1, closing: 'No test passed.\n\n0 passed, 0 failed, 0 skipped' });
});
