import { describe, expect, it } from 'vitest';
import { replicaSet, submit, template } from '../support.ts';

const admit = (first: object, second: object) =>
  submit(replicaSet('two-ramfb', template(first, second)), { dryRun: true });

describe('the same template in a VirtualMachineInstanceReplicaSet', () => {
  it('AC-2: two displays whose ramFB is there and says nothing are refused there too', async () => {
    const { admitted } = await admit({}, {});
    expect(admitted, 'KubeVirt admits two displays with ramFB').toBe(false);
  });

  it('control: one that is enabled beside one that is not is admitted, as ever', async () => {
    expect((await admit({ enabled: true }, { enabled: false })).admitted).toBe(true);
  });
});
