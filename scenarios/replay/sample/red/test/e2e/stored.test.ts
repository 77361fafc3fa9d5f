import { kubectl } from 'redfirst/testing';
import { describe, expect, it } from 'vitest';
import { submit, template, virtualMachine } from '../support.ts';

const isStored = async (name: string): Promise<boolean> =>
  (await kubectl(['get', 'virtualmachines', '--output=name']))
    .split('\n')
    .includes(`virtualmachine.kubevirt.io/${name}`);

describe('what becomes of a VM that is created', () => {
  it('AC-3: one that could never run is not there afterwards', async () => {
    await submit(virtualMachine('never-runs', template({}, {})), { dryRun: false });
    expect(await isStored('never-runs'), 'KubeVirt keeps a VM that can never run').toBe(false);
  });

  it('control: one that can run is there afterwards', async () => {
    await submit(virtualMachine('can-run', template({ enabled: true }, { enabled: false })), { dryRun: false });
    expect(await isStored('can-run')).toBe(true);
  });
});
