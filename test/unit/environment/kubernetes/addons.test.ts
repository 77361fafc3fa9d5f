import { expect, test } from 'vitest';
import { type Failure, fail, ok, type Result } from '../../../../src/domain/failure.ts';
import { deployAddons } from '../../../../src/environment/kubernetes/addons.ts';

const ADDON = {
  name: 'cdi',
  manifests: ['operator.yaml', 'https://example.test/cr.yaml'],
  wait: [{ resource: 'cdi.cdi.kubevirt.io/cdi', condition: 'Available' }],
};

function refusal(what: string): Result<string> {
  const failure: Failure = { reason: 'environment-failed', what, next: 'mend it', exit: 3 };
  return fail(failure);
}

/** kubectl that answers in turn, and then always says yes. */
function deploy(answers: Result<string>[], retryMs = 60_000) {
  const calls: string[] = [];
  const run = async (args: readonly string[]): Promise<Result<string>> => {
    calls.push([args[0], args.at(args[0] === 'apply' ? -1 : 2)].join(' '));
    return answers.shift() ?? ok('');
  };
  const target = { kubectl: { path: 'kubectl', run }, root: '/repo', readyDeadlineMs: 1000, progress: () => undefined };
  return { calls, done: deployAddons(target, [ADDON], { retryMs, pollMs: 1 }) };
}

const UNKNOWN =
  'kubectl apply failed: resource mapping not found for name: "cdi": no matches for kind "CDI" in version "v1"';

test('add-ons are applied in order, and waited for', async () => {
  const { calls, done } = deploy([]);
  expect(await done).toEqual(ok(undefined));
  expect(calls).toEqual([
    'apply /repo/operator.yaml',
    'apply https://example.test/cr.yaml',
    'wait cdi.cdi.kubevirt.io/cdi',
  ]);
});

test('an object of a kind that was defined just now is applied again until the API server serves that kind', async () => {
  const { calls, done } = deploy([ok(''), refusal(UNKNOWN), refusal(UNKNOWN)]);
  expect(await done).toEqual(ok(undefined));
  expect(calls.filter((call) => call.endsWith('cr.yaml'))).toHaveLength(3);
});

test('one that nobody defines, or that is refused for another reason, ends it with kubectl’s words', async () => {
  expect(await deploy([refusal(UNKNOWN)], 0).done).toEqual(refusal(UNKNOWN));
  const { calls, done } = deploy([refusal('kubectl apply failed: forbidden')]);
  expect(await done).toEqual(refusal('kubectl apply failed: forbidden'));
  expect(calls).toHaveLength(1);
});
