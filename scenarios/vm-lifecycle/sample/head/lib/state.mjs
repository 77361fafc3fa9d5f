/** What a VMI's phase says of its VM. Every other phase (Pending, Scheduling, Scheduled …) is on the way to Running. */
const STATE_OF_PHASE = { Running: 'running', Succeeded: 'stopped', Failed: 'failed' };

/** Which end of its guest a VM comes back from on its own, per run strategy. */
const COMES_BACK_FROM = { Always: ['Succeeded', 'Failed'], RerunOnFailure: ['Failed'] };

/**
 * The state of a VM, from KubeVirt's own objects: `absent`, `stopped`, `starting`, `running`, `stopping`, `failed`, `deleting`.
 *
 * @param vm the VirtualMachine, `undefined` where there is none
 * @param vmi the VirtualMachineInstance of the same name, likewise
 */
export function stateOf(vm, vmi) {
  if (vm === undefined) return 'absent';
  if (vm.metadata.deletionTimestamp !== undefined) return 'deleting';
  if (vmi === undefined) return isToStart(vm) ? 'starting' : 'stopped';
  if (vmi.metadata.deletionTimestamp !== undefined) return 'stopping';
  if (COMES_BACK_FROM[vm.spec.runStrategy]?.includes(vmi.status?.phase)) return 'starting';
  return STATE_OF_PHASE[vmi.status?.phase] ?? 'starting';
}

/** Whether KubeVirt is about to make a guest. RerunOnFailure makes its first on its own: then its status names it. */
function isToStart({ spec: { runStrategy }, status = {} }) {
  if ((status.stateChangeRequests ?? []).some(({ action }) => action === 'Start')) return true;
  return runStrategy === 'Always' || (runStrategy === 'RerunOnFailure' && status.runStrategy !== runStrategy);
}

/** Per command what it is refused with in which state; `*` stands for every state that is not named. */
const REFUSED = {
  create: { absent: undefined, '*': 'already-exists' },
  status: { absent: 'unknown-vm' },
  start: {
    absent: 'unknown-vm',
    stopped: undefined,
    failed: undefined,
    starting: 'already-running',
    running: 'already-running',
    '*': 'not-stopped',
  },
  stop: { absent: 'unknown-vm', starting: undefined, running: undefined, '*': 'not-running' },
  restart: { absent: 'unknown-vm', running: undefined, '*': 'not-running' },
  delete: { absent: 'unknown-vm' },
};

/** The code that a command is refused with in a state; `undefined` where it makes sense. */
export function refusalOf(state, command) {
  const refused = REFUSED[command];
  if (refused === undefined) return 'unknown-command';
  return Object.hasOwn(refused, state) ? refused[state] : refused['*'];
}
