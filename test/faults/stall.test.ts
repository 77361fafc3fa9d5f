import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BASE, RED } from '../cli/doubling.ts';
import { createLab } from '../cli/lab.ts';

/** Loaded into redfirst alone: once ARMED exists, a folder that is opened to be synced is never opened. */
const STALL = `const { existsSync, promises } = require('node:fs');
const open = promises.open;
promises.open = (path, ...rest) =>
  String(path).includes('artifacts') && existsSync(process.env.ARMED) ? new Promise(() => {}) : open(path, ...rest);
`;

const lab = createLab();
afterAll(() => lab.remove());

it('a promise that never settles ends the program with a failure, and the next command is well', () => {
  const stall = join(lab.dir, 'stall.cjs');
  const armed = join(lab.dir, 'armed');
  writeFileSync(stall, STALL);
  lab.commit('base', BASE);
  lab.git('switch', '--quiet', '--create', 'double');
  lab.commit('tests of double', RED);

  writeFileSync(armed, '');
  const stalled = lab.redfirstWith({ NODE_OPTIONS: `--require ${stall}`, ARMED: armed }, 'red', 'double');
  expect({ exit: stalled.exit, stderr: stalled.stderr.split('\n').at(-2) }).toEqual({
    exit: 3,
    stderr: expect.stringMatching(/^redfirst .*: this is a bug, .*: it waited for what never came$/),
  });
  expect(lab.json('red', 'double').document.verdict.code).toBe('red/valid');
});
