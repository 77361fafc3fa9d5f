import { kubectl } from 'redfirst/testing';
import { describe, expect, it } from 'vitest';
import { submit, template, virtualMachine } from '../support.ts';

const stored = async (): Promise<string[]> =>
  (await kubectl(['get', 'virtualmachines', '--output=name'])).split('\n').filter(Boolean).sort();

describe('what becomes of a VM that is created', () => {
  it('AC-3: one that could never run is not there afterwards', async () => {
    await submit(virtualMachine('never-runs', template({}, {})), { dryRun: false });
    expect(await stored(), 'KubeVirt keeps a VM that can never run').not.toContain(
      'virtualmachine.kubevirt.io/never-runs',
    );
  });

  it('control: one that can run is there afterwards', async () => {
    await submit(virtualMachine('can-run', template({ enabled: true }, { enabled: false })), { dryRun: false });
    expect(await stored()).toContain('virtualmachine.kubevirt.io/can-run');
  });
});
