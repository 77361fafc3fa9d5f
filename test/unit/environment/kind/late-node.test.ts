import { expect, it } from 'vitest';
import { fail, ok } from '../../../../src/domain/failure.ts';
import {
  type ContainerEngine,
  clusterNodes,
  engineFailure,
} from '../../../../src/environment/kind/container-engine.ts';

/** An engine that lists a container, and knows it after so many questions. */
function slowEngine(unknownFor: number, why = 'Error: No such object: abc') {
  let asked = 0;
  const node = {
    ...{
      Id: 'abc',
      Name: '/c-control-plane',
      Image: 'sha256:1',
      Config: { Image: 'node' },
      State: { Status: 'running' },
    },
  };
  const engine: ContainerEngine = {
    ...{ name: 'docker', version: '', env: {} },
    run: async ([command]) => {
      if (command === 'ps') return ok('abc\n');
      return asked++ < unknownFor ? fail(engineFailure(`docker inspect failed: ${why}`)) : ok(JSON.stringify([node]));
    },
  };
  return { engine, asked: () => asked };
}

it('waits for a node that the engine lists and does not know yet', async () => {
  const { engine } = slowEngine(1);
  expect(await clusterNodes(engine, 'c')).toMatchObject({ ok: true, value: [{ name: 'c-control-plane' }] });
});

it('does not ask again for another reason', async () => {
  const { engine, asked } = slowEngine(1, 'permission denied');
  expect(await clusterNodes(engine, 'c')).toMatchObject({ ok: false });
  expect(asked()).toBe(1);
});
