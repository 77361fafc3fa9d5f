import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labAtRed } from '../doubling.ts';
import type { Lab } from '../lab.ts';

let lab: Lab;
let worktree: string;
/** A red run leaves a worktree in the pool: something to prune. */
beforeAll(() => {
  lab = labAtRed();
  lab.redfirst('red', 'double');
  worktree = lab.git('worktree', 'list', '--porcelain').match(/^worktree (.*\/w0)$/m)?.[1] ?? '';
});
afterAll(() => lab.remove());

describe('prune and the worktree pool', () => {
  it('AC-1: prune --dry-run names the worktree and leaves it where it is', () => {
    const { exit, stdout } = lab.redfirst('prune', '--dry-run');
    expect({ exit, stdout, there: existsSync(worktree) }).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining(`would remove ${worktree}`),
      there: true,
    });
  });

  it('control: prune removes the worktree of another repository', () => {
    const other = labAtRed();
    other.redfirst('red', 'double');
    const { exit, stdout } = other.redfirst('prune');
    other.remove();
    expect({ exit, stdout }).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^removed .*\/w0$/m) });
  });
});
