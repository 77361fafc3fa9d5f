import { closeSync, constants, openSync } from 'node:fs';
import { EXIT, type Failure, type Finding, fail, ok, type Result } from '../domain/failure.ts';
import { READY_LINE } from './boot-sector.ts';
import { type Accelerator, describeGuestEnd, type ProbeGuest } from './probe-guest.ts';
import { waitForSerialLine } from './serial-console.ts';

export interface AcceleratorRequest {
  readonly wanted: 'auto' | Accelerator;
  /** How long a guest on kvm may stay silent before another accelerator is preferred. */
  readonly probeDeadlineMs: number;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
  /** Starts a probe guest; the caller stops it in the end. */
  readonly start: (accelerator: Accelerator) => Promise<ProbeGuest>;
  /** /dev/kvm unless named. */
  readonly device?: string;
}

export interface ChosenAccelerator {
  /** The guest that booted; still running. */
  readonly guest: ProbeGuest;
  readonly findings: readonly Finding[];
}

const KVM_DEVICE = '/dev/kvm';
/** Where nothing else is left to choose, a slow machine gets that many times the deadline. */
const LAST_RESORT = 10;

/**
 * Finds the accelerator that really boots a guest. That /dev/kvm exists and opens proves nothing: on some machines a
 * guest hangs before its first instruction, so one is booted.
 *
 * `auto` tries kvm where /dev/kvm opens. A third of the deadline later tcg is started beside it, so that giving up costs
 * no second wait; kvm still wins when it speaks within the deadline, and is given up only for a tcg that has spoken.
 */
export async function chooseAccelerator(request: AcceleratorRequest): Promise<Result<ChosenAccelerator>> {
  const obstacle = request.wanted === 'tcg' ? undefined : kvmObstacle(request.device);
  if (request.wanted !== 'auto') {
    const reason = obstacle ?? (await bootOnly(request, request.wanted));
    if (typeof reason !== 'string') return ok({ guest: reason, findings: [] });
    return fail(refused(request, `the profile names the accelerator ${request.wanted}, but ${reason}`));
  }
  if (obstacle === undefined) return chooseBetween(request);
  const tcg = await bootOnly(request, 'tcg');
  if (typeof tcg !== 'string') return ok({ guest: tcg, findings: [usingTcg(obstacle)] });
  return fail(refused(request, `no guest boots: ${obstacle}, and on tcg ${tcg}`));
}

async function chooseBetween(request: AcceleratorRequest): Promise<Result<ChosenAccelerator>> {
  const { probeDeadlineMs } = request;
  const began = performance.now();
  request.progress('the probe guest to boot on kvm');
  const kvm = await request.start('kvm');
  const early = await ready(request, kvm, Math.ceil(probeDeadlineMs / 3));
  if (early === undefined) return ok({ guest: kvm, findings: [] });

  request.progress('the probe guest to boot on kvm or tcg');
  const tcg = await request.start('tcg');
  let tcgAnswer: string | undefined | 'pending' = 'pending';
  const tcgReady = ready(request, tcg, probeDeadlineMs * LAST_RESORT).then((answer) => {
    tcgAnswer = answer;
  });
  const silent = (): string | undefined =>
    tcgAnswer === undefined && performance.now() - began >= probeDeadlineMs
      ? `the probe guest wrote nothing in ${probeDeadlineMs / 1000} s`
      : undefined;
  const kvmAnswer = await ready(request, kvm, probeDeadlineMs * LAST_RESORT, silent);
  if (kvmAnswer === undefined) {
    await tcg.process.stop(0);
    return ok({ guest: kvm, findings: [] });
  }
  await kvm.process.stop(0);
  await tcgReady;
  if (tcgAnswer === undefined)
    return ok({ guest: tcg, findings: [usingTcg(`${request.device ?? KVM_DEVICE} opens, but ${kvmAnswer}`)] });
  return fail(refused(request, `no guest boots: on kvm ${kvmAnswer}, and on tcg ${tcgAnswer}`));
}

/** The guest when it booted, else why it did not. */
async function bootOnly(request: AcceleratorRequest, accelerator: Accelerator): Promise<ProbeGuest | string> {
  request.progress(`the probe guest to boot on ${accelerator}`);
  const guest = await request.start(accelerator);
  // kvm is either quick or hangs; tcg may just be slow.
  const patience = accelerator === 'tcg' ? LAST_RESORT : 1;
  const reason = await ready(request, guest, request.probeDeadlineMs * patience);
  if (reason === undefined) return guest;
  await guest.process.stop(0);
  return reason;
}

/** Undefined once the guest wrote its line, else why not. */
async function ready(
  request: AcceleratorRequest,
  guest: ProbeGuest,
  deadlineMs: number,
  giveUp: () => string | undefined = () => undefined,
): Promise<string | undefined> {
  const abandoned = (): string | undefined =>
    request.signal.aborted ? 'the run was cancelled' : (describeGuestEnd(guest) ?? giveUp());
  const line = await waitForSerialLine(guest.serialPath, (text) => text === READY_LINE, deadlineMs, { abandoned });
  return line.ok
    ? undefined
    : line.failure.replace(
        /^the guest wrote nothing, .* in (\d+) ms$/,
        (_, ms: string) => `the probe guest wrote nothing in ${Number(ms) / 1000} s`,
      );
}

/** Why kvm need not even be tried; undefined when /dev/kvm opens for writing. */
export function kvmObstacle(device = KVM_DEVICE): string | undefined {
  try {
    closeSync(openSync(device, constants.O_RDWR));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `${device} does not exist` : `${device} cannot be opened for writing (${code})`;
  }
}

function usingTcg(reason: string): Finding {
  return {
    severity: 'note',
    what: `${reason}: using tcg`,
    next: 'nothing, if emulation is meant; else mend KVM on this machine and set `accelerator: kvm`',
  };
}

function refused(request: AcceleratorRequest, what: string): Failure {
  if (request.signal.aborted) {
    return {
      reason: 'interrupted',
      what: 'stopped while the probe guest booted',
      next: 'run it again',
      exit: EXIT.interrupted,
    };
  }
  return {
    reason: 'environment-failed',
    what,
    next: 'set `accelerator: auto` or another one in the profile, a longer `probeDeadline` on a slow machine, and a binary and machine type that boot x86 PC firmware',
    exit: EXIT.environment,
  };
}
