import { describe, expect, it } from 'vitest';
import { submit, template, virtualMachine } from '../support.ts';

const admit = (first: object, second: object) =>
  submit(virtualMachine('two-ramfb', template(first, second)), { dryRun: true });

describe('admission of a VM with two virtual GPUs', () => {
  it('AC-1: two displays whose ramFB is there and says nothing are refused', async () => {
    const { admitted } = await admit({}, {});
    expect(admitted, 'KubeVirt admits two displays with ramFB').toBe(false);
  });

  it('AC-1: one that says nothing beside one that is enabled is refused', async () => {
    const { admitted } = await admit({}, { enabled: true });
    expect(admitted, 'KubeVirt admits two displays with ramFB').toBe(false);
  });

  it('control: two that are enabled are refused, as ever', async () => {
    const { admitted, words } = await admit({ enabled: true }, { enabled: true });
    expect(admitted).toBe(false);
    expect(words).toMatch(/multiple displays with ramfb/i);
  });

  it('control: one that is enabled beside one that is not is admitted, as ever', async () => {
    expect((await admit({ enabled: true }, { enabled: false })).admitted).toBe(true);
  });
});
