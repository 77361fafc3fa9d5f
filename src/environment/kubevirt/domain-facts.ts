import { EXIT, fail, ok, type Result } from '../../domain/failure.ts';
import type { Kubectl } from '../kubernetes/kubectl.ts';
import type { Pod, Vmi } from '../kubernetes/objects.ts';

/** What a running guest was found to run on, out of its launcher pod. */
export interface DomainFacts {
  /** `kvm` or `tcg`, by the domain's type. */
  readonly accelerator: 'kvm' | 'tcg';
  /** E.g. `pc-q35-rhel9.6.0`. */
  readonly machine: string;
  readonly qemuVersion: string;
  readonly libvirtVersion: string;
  readonly node: string;
}

/** A launcher that is not root answers on this socket; a privileged one has the system's. */
const SESSION = 'qemu+unix:///session?socket=/var/run/libvirt/virtqemud-sock';
const SYSTEM = 'qemu+unix:///system?socket=/var/run/libvirt/virtqemud-sock';
const EXEC_DEADLINE_MS = 30_000;

/** Asks libvirt inside the launcher's container `compute`. */
export async function readDomainFacts(kubectl: Kubectl, launcher: Pod, vmi: Vmi): Promise<Result<DomainFacts>> {
  const { name, namespace } = launcher.metadata;
  const domain = `${namespace}_${vmi.metadata.name}`;
  const ask = (uri: string) =>
    kubectl.run(
      [
        'exec',
        '-n',
        namespace ?? '',
        name,
        '-c',
        'compute',
        '--',
        'virsh',
        '-c',
        uri,
        `version --daemon; dumpxml ${domain}`,
      ],
      { deadlineMs: EXEC_DEADLINE_MS },
    );
  const session = await ask(SESSION);
  const answer = session.ok ? session : await ask(SYSTEM);
  if (!answer.ok) return answer;
  const facts = readDomain(answer.value);
  if (facts !== undefined) return ok({ ...facts, node: vmi.status?.nodeName ?? '' });
  return fail({
    reason: 'environment-failed',
    what: `libvirt in ${name} does not say what the guest runs on: ${answer.value.slice(0, 300)}`,
    next: `ask it by hand: kubectl exec -n ${namespace} ${name} -c compute -- virsh -c '${SESSION}' dumpxml ${domain}`,
    exit: EXIT.environment,
  });
}

/** Reads `virsh version --daemon` and `dumpxml`; undefined where one of the four facts is not in it. */
export function readDomain(output: string): Omit<DomainFacts, 'node'> | undefined {
  const type = /<domain type=['"](\w+)['"]/.exec(output)?.[1];
  const machine = /<type [^>]*\bmachine=['"]([^'"]+)['"]/.exec(output)?.[1];
  const qemuVersion = /^Running hypervisor:\s+QEMU (\S+)/m.exec(output)?.[1];
  const libvirtVersion = /^(?:Running against daemon|Using library):\s+(?:libvirt )?(\d\S*)/m.exec(output)?.[1];
  if (type === undefined || machine === undefined || qemuVersion === undefined || libvirtVersion === undefined)
    return undefined;
  return { accelerator: type === 'kvm' ? 'kvm' : 'tcg', machine, qemuVersion, libvirtVersion };
}
