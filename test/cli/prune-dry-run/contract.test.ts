import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE } from '../doubling.ts';
import { createLab, type Lab } from '../lab.ts';

let lab: Lab;
beforeAll(() => {
  lab = createLab();
  lab.commit('base', BASE);
});
afterAll(() => lab.remove());

describe('what prune answers', () => {
  it('control: prune --json names what it removed', () => {
    expect(lab.json('prune')).toMatchObject({ exit: 0, document: { removed: [], setupDir: expect.any(String) } });
  });

  it('AC-2: prune --dry-run --json says that it was a dry run', () => {
    expect(lab.json('prune', '--dry-run')).toMatchObject({ exit: 0, document: { dryRun: true, removed: [] } });
  });

  it('AC-1: prune --help shows the option', () => {
    expect(lab.redfirst('prune', '--help').stdout).toContain('--dry-run');
  });
});
