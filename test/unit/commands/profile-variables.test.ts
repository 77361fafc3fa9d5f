import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { profileVariables, variableFiles } from '../../../src/commands/profile-variables.ts';

const CONFIG = { clusters: 'clusters' };
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rf-variables-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function lay(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const env = (more: Record<string, string> = {}) => ({ HOME: join(root, 'home'), ...more });
const lookUp = (name: string, more?: Record<string, string>) => profileVariables(root, CONFIG, env(more))(name);

it('takes the environment first, then the profile’s folder, then the user’s own file', () => {
  lay('home/.config/redfirst/clusters.env', 'A=user\nB=user\nC=user\n');
  lay('clusters/local.env', 'A=local\nB=local\n');
  expect(['A', 'B', 'C', 'D'].map((name) => lookUp(name, { A: 'environment' }))).toEqual([
    'environment',
    'local',
    'user',
    undefined,
  ]);
});

it('takes a variable that is set to nothing for one that is not set', () => {
  lay('clusters/local.env', 'A=local\n');
  expect(lookUp('A', { A: '' })).toBe('local');
});

it('lets an empty entry of the nearer file hide the other one’s, so that the default holds', () => {
  lay('home/.config/redfirst/clusters.env', 'A=user\n');
  lay('clusters/local.env', 'A=\n');
  expect(lookUp('A')).toBe('');
});

it('needs neither file, and takes a folder of that name for none', () => {
  expect(lookUp('A')).toBeUndefined();
  mkdirSync(join(root, 'clusters/local.env'), { recursive: true });
  lay('home/.config/redfirst/clusters.env', 'A=user\n');
  expect(lookUp('A')).toBe('user');
});

it('finds the files where the configuration and the system say', () => {
  expect(variableFiles('/repo', { clusters: 'test/clusters' }, { HOME: '/h' })).toEqual([
    '/repo/test/clusters/local.env',
    '/h/.config/redfirst/clusters.env',
  ]);
  expect(variableFiles('/repo', CONFIG, { HOME: '/h', XDG_CONFIG_HOME: '/c' })[1]).toBe('/c/redfirst/clusters.env');
});

it('reads the files once, and only when they are needed', () => {
  const variables = profileVariables(root, CONFIG, env({ A: 'environment' }));
  expect(variables('A')).toBe('environment');
  lay('clusters/local.env', 'B=first\n');
  expect(variables('B')).toBe('first');
  lay('clusters/local.env', 'B=second\n');
  expect(variables('B')).toBe('first');
});
