import { EXIT, type Failure } from '../domain/failure.ts';
import { verifyStore } from '../evidence/verify-store.ts';
import { type CommandMain, textOption } from './command.ts';
import { openRecovered } from './open-evidence.ts';

/** `redfirst verify`: recomputes everything and believes nothing that is stored about it. */
export const main: CommandMain = async (input) => {
  const anchor = textOption(input, 'checkpoint');
  const parsed = anchor === undefined ? undefined : /^(\d+):([0-9a-f]{64})$/.exec(anchor);
  if (parsed === null) {
    const failure: Failure = {
      reason: 'usage',
      what: `--checkpoint takes a sequence number and a hash, 42:<64 hex digits>, not ${JSON.stringify(anchor)}`,
      next: 'copy it as `redfirst red` printed it',
      exit: EXIT.usage,
    };
    input.out.failure(failure);
    return failure.exit;
  }
  const opened = await openRecovered(input);
  if (!opened.ok) {
    input.out.failure(opened.failure);
    return opened.failure.exit;
  }
  const { directory } = opened.value;
  opened.value.close();
  const options = parsed === undefined ? {} : { anchor: { seq: Number(parsed[1]), hash: parsed[2] as string } };
  const verified = await verifyStore(directory, options);
  if (!verified.ok) {
    input.out.failure(verified.failure);
    return verified.failure.exit;
  }
  const { events, rows, artifacts, head, breaks } = verified.value;
  input.out.document(verified.value);
  for (const { what, next } of breaks)
    input.out.print(`broken: ${what}${next === undefined ? '' : `\n  next: ${next}`}`);
  const counted = `${events} events, ${rows} rows, ${artifacts} artifacts`;
  if (breaks.length > 0) {
    input.out.print(`integrity broken: ${breaks.length} break${breaks.length === 1 ? '' : 's'} in ${counted}`);
    return EXIT.integrity;
  }
  const anchored =
    anchor === undefined ? 'signer unknown, no outside checkpoint given' : `it holds the checkpoint ${anchor}`;
  input.out.print(`consistent: ${counted}; ${anchored}\nhead ${head.seq}:${head.hash}`);
  return EXIT.holds;
};
