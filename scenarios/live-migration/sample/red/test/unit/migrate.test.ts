import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/commands.mjs';
import { refusalOf } from '../../lib/state.mjs';

const API = '/apis/kubevirt.io/v1/namespaces/here';
const MIGRATIONS = `${API}/virtualmachineinstancemigrations`;
const vm = { metadata: {}, spec: { runStrategy: 'Always' } };
const MOVED = { migrationUid: 'uid-1', completed: true, sourceNode: 'a', targetNode: 'b' };
const STUCK = { type: 'LiveMigratable', status: 'False', reason: 'DisksNotLiveMigratable', message: 'a disk stays' };

const vmi = (status: object = {}) => ({ metadata: {}, status: { phase: 'Running', nodeName: 'a', ...status } });
const migration = (vmiName: string, phase: string, more: object = {}) => ({
  metadata: { name: 'vm-1', uid: 'uid-1' },
  spec: { vmiName },
  status: { phase, ...more },
});

/** What KubeVirt knows before it is asked for a migration, and what comes of that one. */
interface Known {
  readonly vmi?: object;
  readonly migrations?: readonly object[];
  /** The migration that was asked for as it is seen later, `undefined` once it is gone; an error is KubeVirt's refusal. */
  readonly becomes?: object | undefined;
  readonly afterwards?: object;
}

/** Runs the command against a cluster that knows only this; what it made is told beside its answer. */
async function migrate({ vmi: first = vmi(), migrations = [], becomes, afterwards = first }: Known) {
  const commands = COMMANDS as Record<string, { run(target: object): Promise<unknown> }>;
  expect(Object.keys(commands), 'vmtool has no command migrate').toContain('migrate');
  const made: unknown[] = [];
  const cluster = {
    get: async (path: string) => {
      const known: Record<string, unknown> = {
        [`${API}/virtualmachines/vm`]: vm,
        [`${API}/virtualmachineinstances/vm`]: made.length === 0 ? first : afterwards,
        [MIGRATIONS]: { items: migrations },
        [`${MIGRATIONS}/vm-1`]: becomes,
      };
      return known[path];
    },
    create: async (path: string, object: unknown) => {
      if (becomes instanceof Error) throw becomes;
      made.push({ path, object });
      return { metadata: { name: 'vm-1', uid: 'uid-1' } };
    },
  };
  const run = commands['migrate']?.run({ cluster, name: 'vm', namespace: 'here', options: {} });
  const answer = await run?.catch(({ code, message }: { code?: string; message: string }) => ({ code, message }));
  return { made, answer };
}

function expectRefusal(state: string, expected: string | undefined): void {
  const code = refusalOf(state, 'migrate');
  expect(code, `migrate of a VM that is ${state} is refused with ${code}`).toBe(expected);
}

describe('how vmtool moves a VM', () => {
  it('control: create and delete are refused as ever', () => {
    expect(refusalOf('running', 'create')).toBe('already-exists');
    expect(refusalOf('absent', 'delete')).toBe('unknown-vm');
    expect(refusalOf('running', 'delete')).toBeUndefined();
  });

  it('guard: an unknown command is refused', () => {
    expect(refusalOf('running', 'teleport')).toBe('unknown-command');
  });

  it('AC-1: one migration is asked for, and both nodes are told when the VMI has arrived', async () => {
    const { made, answer } = await migrate({
      becomes: migration('vm', 'Succeeded'),
      afterwards: vmi({ nodeName: 'b', migrationState: MOVED }),
    });
    const { path, object } = made[0] as { path: string; object: object };
    expect({ times: made.length, path }).toEqual({ times: 1, path: MIGRATIONS });
    expect(object).toMatchObject({ kind: 'VirtualMachineInstanceMigration', spec: { vmiName: 'vm' } });
    expect(answer).toEqual({ state: 'running', source: 'a', target: 'b' });
  });

  it('AC-1: migrations that are over, and those of other VMs, stand in no way', async () => {
    const { answer } = await migrate({
      migrations: [migration('vm', 'Failed'), migration('vm', 'Succeeded'), migration('other', 'Running')],
      becomes: migration('vm', 'Succeeded'),
      afterwards: vmi({ nodeName: 'b', migrationState: MOVED }),
    });
    expect(answer).toMatchObject({ source: 'a', target: 'b' });
  });

  it('AC-2: only a VM that runs can be moved', () => {
    expectRefusal('running', undefined);
    expectRefusal('absent', 'unknown-vm');
    for (const state of ['stopped', 'starting', 'stopping', 'failed', 'deleting']) expectRefusal(state, 'not-running');
  });

  it('AC-2: what KubeVirt calls not migratable is not asked for, and its reason is told', async () => {
    const { made, answer } = await migrate({ vmi: vmi({ conditions: [STUCK] }) });
    expect(answer).toEqual({
      code: 'not-migratable',
      message: 'cannot migrate vm: DisksNotLiveMigratable: a disk stays',
    });
    expect(made).toEqual([]);
  });

  it.each([undefined, '', 'Pending', 'Scheduling', 'Running'])(
    'AC-2: a migration in phase %j is in the way',
    async (phase) => {
      const { made, answer } = await migrate({ migrations: [migration('vm', phase as string)] });
      expect(answer).toMatchObject({ code: 'already-migrating' });
      expect(made).toEqual([]);
    },
  );

  it.each([
    [
      'already-migrating',
      'in-flight migration detected. Active migration job (1) is currently already in progress for VMI vm.',
    ],
    ['not-migratable', 'Cannot migrate VMI, Reason: DisksNotLiveMigratable, Message: a disk stays'],
    ['not-running', 'Cannot migrate VMI in finalized state.'],
    ['not-running', 'the VMI "here/vm" does not exist'],
  ])('AC-2: what has come in between is refused with %s, when KubeVirt says: %s', async (code, said) => {
    const denied = new Error(`admission webhook "migration-create-validator.kubevirt.io" denied the request: ${said}`);
    const { answer } = await migrate({ becomes: denied });
    expect(answer).toEqual({ code, message: denied.message });
  });

  it('AC-5: a move that fails is told with the reason that KubeVirt gives', async () => {
    const failed = migration('vm', 'Failed', { migrationState: { failureReason: 'the target has gone' } });
    const { answer } = await migrate({ becomes: failed });
    expect(answer).toEqual({
      code: 'migration-failed',
      message: expect.stringContaining('the target has gone'),
    });
  });

  it('AC-5: a move that somebody deletes is told as failed', async () => {
    const { answer } = await migrate({ becomes: undefined });
    expect(answer).toMatchObject({ code: 'migration-failed' });
  });
});
