import { expect, test } from 'vitest';
import type { ContainerEngine, NodeContainer } from '../../../../src/environment/kind/container-engine.ts';
import { awokenSince } from '../../../../src/environment/kind/start-nodes.ts';

const READY_MS = Date.parse('2026-11-26T15:00:00Z');
const engine = {} as ContainerEngine;

function node(name: string, startedAt: string): NodeContainer {
  return { id: name, name, role: 'worker', state: 'running', imageId: '', image: '', mounts: [], startedAt };
}

test('nodes that were started after the cluster was last seen ready have to show themselves anew; the others do not', () => {
  const nodes = [
    node('a', '2026-11-26T14:00:00.5Z'),
    node('b', '2026-11-26T15:00:00.000000001Z'),
    node('c', '2026-11-26T16:00:00.5Z'),
  ];
  expect([...(awokenSince(engine, nodes, READY_MS)?.startedAtMs ?? [])]).toEqual([
    ['c', Date.parse('2026-11-26T16:00:00.5Z')],
  ]);
  expect(awokenSince(engine, nodes.slice(0, 2), READY_MS)).toBeUndefined();
});

test('a cluster that was never seen ready is deployed to anyhow', () => {
  expect(awokenSince(engine, [node('a', '2026-11-26T16:00:00Z')], undefined)).toBeUndefined();
});
