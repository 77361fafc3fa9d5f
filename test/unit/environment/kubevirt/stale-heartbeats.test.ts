import { expect, test } from 'vitest';
import { staleHeartbeats } from '../../../../src/environment/kubevirt/readiness.ts';

const SINCE = new Map(['a', 'b'].map((name) => [name, Date.parse('2026-11-26T15:00:10.400Z')]));

function node(name: string, heartbeat?: string, labels: Record<string, string> = {}) {
  return {
    metadata: {
      name,
      labels,
      ...(heartbeat === undefined ? {} : { annotations: { 'kubevirt.io/heartbeat': heartbeat } }),
    },
  };
}

test('a heartbeat from before the start is none', () => {
  expect(staleHeartbeats([node('a', '2026-11-26T15:00:09Z')], SINCE)).toEqual([
    'virt-handler on node a to speak again',
  ]);
  expect(staleHeartbeats([node('c')], SINCE)).toEqual([]);
  expect(staleHeartbeats([node('a')], SINCE)).toHaveLength(1);
  expect(staleHeartbeats([node('a', '2026-11-26T15:00:11Z')], SINCE)).toEqual([]);
  expect(staleHeartbeats([node('a', '"2026-11-26T15:00:11Z"')], SINCE)).toEqual([]);
});

test('where there are workers, no heartbeat is expected of the control plane', () => {
  const control = node('a', undefined, { 'node-role.kubernetes.io/control-plane': '' });
  expect(staleHeartbeats([control, node('b', '2026-11-26T15:00:11Z')], SINCE)).toEqual([]);
});
