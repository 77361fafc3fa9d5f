import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { type Console, openConsole } from '../support/console.ts';
import { type Launcher, launchersOf } from '../support/migration.ts';
import { until } from '../support/until.ts';
import { lookAt, startVms, tinyVm } from '../support/vm.ts';
import { vmtool } from '../support/vmtool.ts';

// One move of a guest that beats. What it wrote on the node that it left and what it writes on the node that it went to are two logs.
let cluster: Cluster;
let home: string | undefined;
let left: Console;
/** Where the guest is now, when it is not where it was. */
let abroad: { readonly launcher: Launcher; readonly console: Console } | undefined;

beforeAll(async () => {
  cluster = await openCluster();
  await startVms(cluster, tinyVm('traveller'));
  home = (await lookAt(cluster, 'traveller')).vmi?.status?.nodeName;
  left = await openConsole(cluster, 'traveller');
  await left.untilBeat(3);
  await vmtool('migrate', 'traveller');
  const launcher = (await launchersOf(cluster, 'traveller')).find(({ node }) => node !== home);
  if (launcher !== undefined) abroad = { launcher, console: await openConsole(cluster, 'traveller', launcher.name) };
});
afterAll(async () => {
  left?.close();
  abroad?.console.close();
  await cluster?.close();
});

describe('the heartbeat of a guest that was moved', () => {
  it('control: the guest announces itself and counts from 1', async () => {
    const { index } = await left.waitFor(/REDFIRST-GUEST-READY/);
    expect(left.lines.slice(index + 1, index + 4)).toEqual(['beat 1', 'beat 2', 'beat 3']);
  });

  it('AC-1: the guest is on another node', async () => {
    const { vmi } = await lookAt(cluster, 'traveller');
    expect(vmi?.status?.nodeName !== home, 'the guest is on the node where it started').toBe(true);
  });

  it('AC-3: the heart goes on where it stood, and the guest does not start again', async () => {
    expect(abroad !== undefined, 'the heart does not beat on another node').toBe(true);
    if (abroad === undefined) return;
    const { line } = await abroad.console.waitFor(/^beat \d+$/);
    await abroad.console.untilBeat(Number(line.slice('beat '.length)) + 3);
    // By now the last that it wrote at home has arrived too.
    const last = left.lastBeat();
    const [first = '', ...rest] = abroad.console.lines;
    // The guest can be moved in the midst of a line: then what is missing of it comes first.
    const next = `beat ${last + 1}`;
    expect(next.endsWith(first), `the heart did not go on where it stood: after beat ${last} came ${first}`).toBe(true);
    expect(rest.slice(0, 3)).toEqual([2, 3, 4].map((step) => `beat ${last + step}`));
    expect(abroad.console.lines.filter((line) => line.includes('READY'))).toEqual([]);
  });

  it('AC-4: nothing is left running on the node that the guest left', async () => {
    const phases = await until(
      'the launcher that the guest left has ended, or is the only one',
      async () => {
        const launchers = await launchersOf(cluster, 'traveller');
        return {
          there: launchers.length,
          left: launchers.filter(({ node }) => node === home).map(({ phase }) => phase),
        };
      },
      ({ there, left: phase }) => there < 2 || !phase.includes('Running'),
      (seen) => JSON.stringify(seen),
    );
    expect(phases.left, `the launcher that the guest left is ${phases.left}`).toEqual(['Succeeded']);
  });
});
