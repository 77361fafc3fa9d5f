/** What a VMI's phase says of its VM. Every other phase (Pending, Scheduling, Scheduled …) is on the way to Running. */
const STATE_OF_PHASE = { Running: 'running', Succeeded: 'stopped', Failed: 'failed' };

/**
 * The state of a VM, from KubeVirt's own objects: `absent`, `stopped`, `starting`, `running`, `stopping`, `failed`, `deleting`.
 *
 * @param vm the VirtualMachine, `undefined` where there is none
 * @param vmi the VirtualMachineInstance of the same name, likewise
 */
export function stateOf(vm, vmi) {
  if (vm === undefined) return 'absent';
  if (vm.metadata.deletionTimestamp !== undefined) return 'deleting';
  if (vmi === undefined) return vm.spec.runStrategy === 'Always' ? 'starting' : 'stopped';
  if (vmi.metadata.deletionTimestamp !== undefined) return 'stopping';
  return STATE_OF_PHASE[vmi.status?.phase] ?? 'starting';
}

/** Per command what it is refused with in which state; `*` stands for every state that is not named. */
const REFUSED = {
  create: { absent: undefined, '*': 'already-exists' },
  status: { absent: 'unknown-vm' },
  info: { absent: 'unknown-vm', running: undefined, '*': 'not-running' },
  delete: { absent: 'unknown-vm' },
};

/** The code that a command is refused with in a state; `undefined` where it makes sense. */
export function refusalOf(state, command) {
  const refused = REFUSED[command];
  if (refused === undefined) return 'unknown-command';
  return Object.hasOwn(refused, state) ? refused[state] : refused['*'];
}
