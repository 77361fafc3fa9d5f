import { expect, test } from 'vitest';
import { fail, ok, type Result } from '../../../../src/domain/failure.ts';
import { deployAddons } from '../../../../src/environment/kubernetes/addons.ts';
import { clusterFailure } from '../../../../src/environment/kubernetes/cluster-failure.ts';

const ADDON = {
  name: 'cdi',
  manifests: ['operator.yaml', 'https://example.test/cr.yaml'],
  wait: [{ resource: 'cdi.cdi.kubevirt.io/cdi', condition: 'Available' }],
};

/** kubectl that answers in turn, and then always says yes. */
function deploy(answers: Result<string>[]) {
  const calls: string[] = [];
  const run = async (args: readonly string[]): Promise<Result<string>> => {
    calls.push([args[0], args.at(args[0] === 'apply' ? -1 : 2)].join(' '));
    return answers.shift() ?? ok('');
  };
  const target = { kubectl: { path: 'kubectl', run }, root: '/repo', readyDeadlineMs: 1000, progress: () => undefined };
  return { calls, done: deployAddons(target, [ADDON]) };
}

test('add-ons are applied in order, and waited for', async () => {
  const { calls, done } = deploy([]);
  expect(await done).toEqual(ok(undefined));
  expect(calls).toEqual([
    'apply /repo/operator.yaml',
    'apply https://example.test/cr.yaml',
    'wait cdi.cdi.kubevirt.io/cdi',
  ]);
});

test('one that is refused ends it with kubectl’s words', async () => {
  const refused = fail(clusterFailure('kubectl apply failed: forbidden'));
  const { calls, done } = deploy([ok(''), refused]);
  expect(await done).toEqual(refused);
  expect(calls).toHaveLength(2);
});
