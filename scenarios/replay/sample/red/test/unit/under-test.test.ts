import { expect, it } from 'vitest';
import { commitUnderTest } from '../support.ts';

it('AC-4: the repository names the merged change as what is under test', () => {
  expect(commitUnderTest(), 'another KubeVirt is under test').toBe('916d96303d2bfed7074d0b4dd39b741f95366ea7');
});

it('control: it names a whole commit', () => {
  expect(commitUnderTest()).toMatch(/^[0-9a-f]{40}$/);
});
