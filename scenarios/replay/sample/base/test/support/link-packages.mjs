// Makes node_modules of links to the packages of the redfirst that package.json names, so that the suites run where nothing can
// be downloaded. With a network `npm install` does as well.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const redfirst = resolve(devDependencies.redfirst.replace(/^file:/, ''));
const packages = join(redfirst, 'node_modules');
if (!existsSync(join(packages, 'vitest'))) {
  process.stderr.write(`${packages} holds no vitest: run \`npm ci\` in ${redfirst}\n`);
  process.exit(1);
}

rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/.bin', { recursive: true });
for (const name of Object.keys(devDependencies)) {
  symlinkSync(name === 'redfirst' ? redfirst : join(packages, name), join('node_modules', name));
}
symlinkSync(join(packages, 'vitest/vitest.mjs'), 'node_modules/.bin/vitest');
