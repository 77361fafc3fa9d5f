import { describe, expect, it } from 'vitest';
import { loadConfig, loadProfile, loadScenario } from '../../../src/config/load.ts';
import { PRESET_NAMES } from '../../../src/config/presets.ts';
import { initFiles } from '../../../src/config/templates.ts';
import { reader, seen } from './files.ts';

const FEATURES = ['pause-guest', '2-nodes', '0x10', '007', 'true', 'null', 'x'];

describe.each(PRESET_NAMES)('initFiles with preset %s', (preset) => {
  const files = initFiles({ features: FEATURES, preset });
  const read = reader(Object.fromEntries(files.map(({ path, text }) => [path, text])));

  it('writes files that load without a mistake or a warning', async () => {
    const config = await loadConfig(read);
    expect(seen(config)).toEqual([]);
    if (!config.ok) return;
    expect(config.value.warnings).toEqual([]);
    for (const feature of FEATURES) {
      const scenario = await loadScenario(read, feature, config.value.value);
      expect(seen(scenario)).toEqual([]);
      expect(scenario.ok && scenario.value.warnings).toEqual([]);
      expect(scenario.ok && scenario.value.value.suites.map(({ suite }) => suite)).toEqual([
        'contract',
        'integration',
        'e2e',
        'unit',
      ]);
    }
    for (const name of ['host', 'qemu']) {
      const profile = await loadProfile(read, name, config.value.value);
      expect(profile.ok && profile.value.value).toMatchObject({ name, provider: name });
    }
  });

  it('shows only things in comments that would load, too', async () => {
    const config = await loadConfig(read);
    if (!config.ok) throw new Error('no configuration');
    const path = 'scenarios/pause-guest/scenario.yaml';
    const text = (await read(path)) ?? '';
    // Every example in a comment put in force: lists lose their empty brackets, keys their mark.
    const inForce = text
      .replace(/^(\w+): \[\]\n# - /gm, '$1:\n  - ')
      .replace(/^( *)# ((?:cases|controls|red|roles|gate): )/gm, '$1$2');
    expect(inForce.split('\n').filter((line) => /^\s*# .*[[{]/.test(line))).toEqual([]);
    const scenario = await loadScenario(
      async (name) => (name === path ? inForce : read(name)),
      'pause-guest',
      config.value.value,
    );
    expect(seen(scenario)).toEqual([]);
    expect(scenario.ok && scenario.value.value.gate).toEqual({ name: 'PauseGuest', default: 'off' });
    expect(scenario.ok && scenario.value.value.setup).toHaveLength(1);
    expect(scenario.ok && scenario.value.value.suites[0]?.red?.class).toBe('unknown-field');
  });

  it('leads editors to schemas that it writes, too', () => {
    const paths = new Set(files.map(({ path }) => path));
    for (const { path, text } of files.filter((file) => file.path.endsWith('.yaml'))) {
      const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
      expect(paths).toContain(new URL(schema, `file:///${path}`).pathname.slice(1));
    }
  });
});
