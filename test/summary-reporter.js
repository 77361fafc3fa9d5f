import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * Vitest reporter that writes what `test/run-tests.js` counts to `$REDFIRST_TEST_SUMMARY`. Vitest's own JSON leaves out why
 * a test was skipped, and calls a test that never ran because its set-up failed skipped as well.
 */
export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: [], skipped: [] };
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      if (module.errors().length > 0) summary.failed.push(file);
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) summary.failed.push(`${file} > ${suite.fullName} (set-up or teardown)`);
      }
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        const name = `${file} > ${test.fullName}`;
        if (state === 'passed') summary.passed += 1;
        else if (state === 'skipped' && setUpFailed(test)) summary.failed.push(`${name} (never ran)`);
        else if (state === 'skipped') summary.skipped.push({ name, reason: note?.trim() ?? '' });
        else summary.failed.push(state === 'failed' ? name : `${name} (never ended)`);
      }
    }
    for (const error of unhandledErrors) summary.failed.push(`unhandled: ${String(error.message).split('\n')[0]}`);
    writeFileSync(process.env.REDFIRST_TEST_SUMMARY, JSON.stringify(summary));
  }
}

function setUpFailed(test) {
  for (let group = test.parent; group !== undefined; group = group.parent) {
    if (group.errors().length > 0) return true;
  }
  return false;
}
