import { expect, test } from 'vitest';
import { fail, ok, type Result } from '../../../../src/domain/failure.ts';
import { applyManifest } from '../../../../src/environment/kubernetes/apply.ts';
import { clusterFailure } from '../../../../src/environment/kubernetes/cluster-failure.ts';

const UNKNOWN = fail(
  clusterFailure('resource mapping not found for name: "cdi": no matches for kind "CDI" in version "v1"'),
);

/** kubectl that answers in turn, and then always says yes. */
function apply(answers: Result<string>[], retryMs = 60_000) {
  const inputs: (string | undefined)[] = [];
  const run = async (_: readonly string[], { input }: { input?: string } = {}): Promise<Result<string>> => {
    inputs.push(input);
    return answers.shift() ?? ok('applied');
  };
  const done = applyManifest({ path: 'kubectl', run }, '-', { input: 'kind: CDI', times: { retryMs, pollMs: 1 } });
  return { inputs, done };
}

test('an object of a kind that was defined just now is applied again, whole, until the API server serves that kind', async () => {
  const { inputs, done } = apply([UNKNOWN, UNKNOWN]);
  expect(await done).toEqual(ok('applied'));
  expect(inputs).toEqual(['kind: CDI', 'kind: CDI', 'kind: CDI']);
});

test('one that nobody defines ends it with kubectl’s words', async () => {
  expect(await apply([UNKNOWN], 0).done).toEqual(UNKNOWN);
});

test('one that is refused for another reason is not applied again', async () => {
  const refused = fail(clusterFailure('kubectl apply failed: forbidden'));
  const { inputs, done } = apply([refused]);
  expect(await done).toEqual(refused);
  expect(inputs).toHaveLength(1);
});
