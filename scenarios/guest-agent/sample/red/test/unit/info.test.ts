import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/commands.mjs';
import { refusalOf } from '../../lib/state.mjs';

const API = '/apis/kubevirt.io/v1/namespaces/here';
const SUBRESOURCES = '/apis/subresources.kubevirt.io/v1/namespaces/here/virtualmachineinstances/vm';
const CONNECTED = { type: 'AgentConnected', status: 'True' };
const vm = { metadata: {}, spec: { runStrategy: 'Always' } };
const vmi = (...conditions: object[]) => ({ metadata: {}, status: { phase: 'Running', conditions } });
const osInfo = {
  guestAgentVersion: '10.0.2',
  hostname: 'web-1',
  os: { id: 'debian', prettyName: 'Debian GNU/Linux 13', versionId: '13', kernelRelease: '6.12.48' },
};
/** As kubectl hands on what virt-api says (KubeVirt v1.9). */
const noAgent = Object.assign(
  new Error(
    'an error on the server ("Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io \\"vm\\": VMI does not have guest agent connected") has prevented the request from succeeding',
  ),
  { reason: 'InternalError' },
);

/** What KubeVirt knows, by path; an error is thrown. */
interface Known {
  readonly vmi: object;
  readonly guestosinfo?: object;
  readonly userlist?: object;
  readonly filesystemlist?: object;
}

/** Runs the command against a cluster that knows only this. */
async function info({ vmi: instance, ...lists }: Known): Promise<unknown> {
  const commands = COMMANDS as Record<string, { run(target: object): Promise<unknown> }>;
  expect(Object.keys(commands), 'vmtool has no command info').toContain('info');
  const known: Record<string, object> = {
    [`${API}/virtualmachines/vm`]: vm,
    [`${API}/virtualmachineinstances/vm`]: instance,
    ...Object.fromEntries(Object.entries(lists).map(([action, said]) => [`${SUBRESOURCES}/${action}`, said])),
  };
  const get = async (path: string): Promise<object | undefined> => {
    if (known[path] instanceof Error) throw known[path];
    return known[path];
  };
  const told = commands['info']?.run({ cluster: { get }, name: 'vm', namespace: 'here', options: {} });
  return told?.catch((error: { code?: string }) => ({ refused: error.code }));
}

function expectRefusal(state: string, expected: string | undefined): void {
  const code = refusalOf(state, 'info');
  expect(code, `info of a VM that is ${state} is refused with ${code}`).toBe(expected);
}

describe('what vmtool tells of a guest', () => {
  it('control: create and delete are refused as ever', () => {
    expect(refusalOf('running', 'create')).toBe('already-exists');
    expect(refusalOf('absent', 'delete')).toBe('unknown-vm');
    expect(refusalOf('running', 'delete')).toBeUndefined();
  });

  it('guard: an unknown command is refused', () => {
    expect(refusalOf('running', 'inspect')).toBe('unknown-command');
  });

  it('AC-1: host, system and agent come from guestosinfo', async () => {
    expect(await info({ vmi: vmi(CONNECTED), guestosinfo: osInfo, userlist: {}, filesystemlist: {} })).toEqual({
      hostname: 'web-1',
      os: { name: 'Debian GNU/Linux 13', version: '13', kernel: '6.12.48' },
      agent: '10.0.2',
      users: [],
      filesystems: [],
    });
  });

  it('AC-3: users are named once, filesystems with their use, both in order', async () => {
    const disk = { diskName: 'vda1', fileSystemType: 'ext4', usedBytes: 1, totalBytes: 2 };
    const told = await info({
      vmi: vmi(CONNECTED),
      guestosinfo: osInfo,
      userlist: { items: [{ userName: 'root' }, { userName: 'ann', loginTime: 1 }, { userName: 'root' }] },
      filesystemlist: {
        items: [
          { ...disk, mountPoint: '/var' },
          { ...disk, mountPoint: '/' },
        ],
      },
    });
    const use = { type: 'ext4', usedBytes: 1, totalBytes: 2 };
    expect(told).toMatchObject({
      users: ['ann', 'root'],
      filesystems: [
        { mountPoint: '/', ...use },
        { mountPoint: '/var', ...use },
      ],
    });
  });

  it('AC-2: only a VM that runs has something to tell', () => {
    expectRefusal('running', undefined);
    expectRefusal('absent', 'unknown-vm');
    for (const state of ['stopped', 'starting', 'stopping', 'failed', 'deleting']) expectRefusal(state, 'not-running');
  });

  it('AC-2: a guest whose agent is not connected is refused, whatever KubeVirt still knows of it', async () => {
    const known = { guestosinfo: osInfo, userlist: {}, filesystemlist: {} };
    for (const conditions of [[], [{ ...CONNECTED, status: 'False' }]])
      expect(await info({ vmi: vmi(...conditions), ...known })).toEqual({ refused: 'agent-not-connected' });
  });

  it('AC-2: an agent that ends while it is asked is refused likewise', async () => {
    const known = { guestosinfo: noAgent, userlist: noAgent, filesystemlist: noAgent };
    expect(await info({ vmi: vmi(CONNECTED), ...known })).toEqual({ refused: 'agent-not-connected' });
  });
});
