import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/commands.mjs';

const VMS = '/apis/kubevirt.io/v1/namespaces/here/virtualmachines';
const OFF =
  'The request is invalid: spec.template.spec.domain.memory.reservedOverhead: Reserved overhead memlock feature gate is not enabled in kubevirt-config';

interface Made {
  readonly spec: { readonly template: { readonly spec: { readonly domain: { readonly memory: object } } } };
}

/** Runs a command against a cluster that knows one VM and takes, or refuses, a new one. What was asked is told beside the answer. */
async function run(
  command: 'create' | 'status',
  options: object,
  { known, denial }: { known?: object; denial?: string } = {},
) {
  const asked: string[] = [];
  const made: Made[] = [];
  const cluster = {
    get: async (path: string) => {
      asked.push(path);
      return path === `${VMS}/vm` ? known : undefined;
    },
    create: async (_path: string, object: Made) => {
      if (denial !== undefined) throw new Error(denial);
      made.push(object);
    },
  };
  const commands = COMMANDS as unknown as Record<string, { run(target: object): Promise<object> }>;
  const answer = await commands[command]
    ?.run({ cluster, name: 'vm', namespace: 'here', options: { image: 'img', memory: '64Mi', ...options } })
    .catch(({ code, message }: { code?: string; message: string }) => ({ code, message }));
  return { asked, memory: made.map(({ spec }) => spec.template.spec.domain.memory), answer };
}

function expectMemory(memory: readonly object[], expected: object): void {
  expect(memory, `the VM asks for the memory ${JSON.stringify(memory)}`).toEqual([expected]);
}

function expectAnswer(answer: unknown, expected: object): void {
  expect(answer, `the command comes to ${JSON.stringify(answer)}`).toEqual(expected);
}

describe('memory that a VM reserves beside its guest', () => {
  it('control: a VM that reserves nothing asks for the memory of its guest alone', async () => {
    const { memory, answer } = await run('create', {});
    expectMemory(memory, { guest: '64Mi' });
    expectAnswer(answer, { state: 'starting' });
  });

  it('AC-2: a VM that reserves memory asks KubeVirt for it', async () => {
    const { memory } = await run('create', { reserve: '32Mi' });
    expectMemory(memory, { guest: '64Mi', reservedOverhead: { addedOverhead: '32Mi' } });
  });

  it('AC-2: create tells what is reserved', async () => {
    expectAnswer((await run('create', { reserve: '1Gi' })).answer, { state: 'starting', reserved: '1Gi' });
  });

  it('AC-2: status tells what is reserved', async () => {
    const memory = { guest: '64Mi', reservedOverhead: { addedOverhead: '32Mi' } };
    const known = { metadata: {}, spec: { runStrategy: 'Always', template: { spec: { domain: { memory } } } } };
    expectAnswer((await run('status', {}, { known })).answer, { state: 'starting', reserved: '32Mi' });
  });

  it('guard: status of a VM that reserves nothing tells nothing of it', async () => {
    const known = { metadata: {}, spec: { runStrategy: 'Always', template: { spec: { domain: {} } } } };
    expectAnswer((await run('status', {}, { known })).answer, { state: 'starting' });
  });

  it('AC-1: where KubeVirt says that the gate is off, that is told with its name and what to do', async () => {
    const { answer } = await run('create', { reserve: '32Mi' }, { denial: OFF });
    const { code, message } = answer as { code?: string; message: string };
    expect(code, `a gate that is off is told as ${code}`).toBe('gate-off');
    for (const part of ['ReservedOverheadMemlock', 'without --reserve', 'featureGates', OFF])
      expect(message).toContain(part);
  });

  it('guard: what KubeVirt refuses for another reason is told as it is', async () => {
    const denial = 'The request is invalid: spec.template.spec.domain.memory.guest: too much';
    expectAnswer((await run('create', { reserve: '32Mi' }, { denial })).answer, { code: undefined, message: denial });
  });

  it.each(['lots', '32', '0Mi', '-1Mi', '1.5Gi', '32 Mi', ''])(
    'AC-3: --reserve %j is refused before the cluster is asked',
    async (reserve) => {
      const { asked, answer } = await run('create', { reserve });
      const { code } = answer as { code?: string };
      expect(code, `--reserve ${JSON.stringify(reserve)} is refused with ${code}`).toBe('bad-usage');
      expect(asked).toEqual([]);
    },
  );
});
