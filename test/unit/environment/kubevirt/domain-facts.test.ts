import { describe, expect, it } from 'vitest';
import { fail, ok, type Result } from '../../../../src/domain/failure.ts';
import type { Pod, Vmi } from '../../../../src/environment/kubernetes/objects.ts';
import { readDomain, readDomainFacts } from '../../../../src/environment/kubevirt/domain-facts.ts';
import { failureIn, recorded, valueIn } from '../cluster-fixtures.ts';

const RECORDED = recorded('virsh/launcher.txt');
const FACTS = {
  accelerator: 'tcg',
  machine: expect.stringMatching(/^pc-q35-/),
  qemuVersion: '10.0.13',
  libvirtVersion: '11.3.0',
};
const VERSIONS = 'Using library: libvirt 11.0.0\nRunning hypervisor: QEMU 9.2.0\n';

describe('readDomain', () => {
  it('reads what virsh really printed in a launcher', () => {
    expect(readDomain(RECORDED)).toEqual(FACTS);
  });

  it('reads KVM, and either kind of quotes', () => {
    expect(readDomain(RECORDED.replace("type='qemu'", "type='kvm'"))).toEqual({ ...FACTS, accelerator: 'kvm' });
    const xml = '<domain type="kvm"><os><type arch="x86_64" machine="pc-q35-rhel9.6.0">hvm</type></os></domain>';
    expect(readDomain(`${VERSIONS}Running against daemon: 11.0.1\n${xml}`)).toEqual({
      accelerator: 'kvm',
      machine: 'pc-q35-rhel9.6.0',
      qemuVersion: '9.2.0',
      libvirtVersion: '11.0.0',
    });
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no domain', RECORDED.slice(0, RECORDED.indexOf('<domain'))],
    ['no versions', RECORDED.slice(RECORDED.indexOf('<domain'))],
    ['no machine', RECORDED.replace(/ machine='[^']*'/, '')],
    ['another hypervisor', RECORDED.replace(/^Running hypervisor: QEMU .*$/m, 'Running hypervisor: Xen 4')],
    ['an error', "error: failed to get domain 'x'\n"],
  ])('is not content with %s', (_, output) => {
    expect(readDomain(output)).toBeUndefined();
  });
});

describe('readDomainFacts', () => {
  const launcher: Pod = { metadata: { name: 'virt-launcher-vm-x', namespace: 'ns' } };
  const vmi: Vmi = { metadata: { name: 'vm', namespace: 'ns' }, status: { nodeName: 'n1' } };
  async function ask(answer: (uri: string) => Result<string>) {
    const asked: string[][] = [];
    const run = async (args: readonly string[]): Promise<Result<string>> => {
      asked.push([...args]);
      return answer(args[args.indexOf('-c', args.indexOf('--')) + 1] ?? '');
    };
    return { facts: await readDomainFacts({ path: 'kubectl', run }, launcher, vmi), asked };
  }
  const no = (what: string) => fail({ reason: 'environment-failed', what, next: '', exit: 3 } as const);

  it('asks libvirt in the launcher for the domain of the guest', async () => {
    const { facts, asked } = await ask(() => ok(RECORDED));
    expect(valueIn(facts)).toEqual({ ...FACTS, node: 'n1' });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.slice(0, 7)).toEqual(['exec', '-n', 'ns', 'virt-launcher-vm-x', '-c', 'compute', '--']);
    expect(asked[0]?.at(-1)).toBe('version --daemon; dumpxml ns_vm');
  });

  it('asks the system’s libvirt where a privileged launcher has that', async () => {
    const { facts, asked } = await ask((uri) => (uri.includes('/session') ? no('no such socket') : ok(RECORDED)));
    expect(valueIn(facts).accelerator).toBe('tcg');
    expect(asked).toHaveLength(2);
  });

  it('says why neither answers, and what was answered that tells nothing', async () => {
    expect(failureIn((await ask(() => no('container not found'))).facts).what).toBe('container not found');
    const failure = failureIn((await ask(() => ok('hello'))).facts);
    expect(failure.what).toBe('libvirt in virt-launcher-vm-x does not say what the guest runs on: hello');
    expect(failure.next).toContain('dumpxml ns_vm');
  });
});
