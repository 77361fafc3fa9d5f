import { main } from '../../src/commands/judge.ts';
import type { ChangeCase, ChangeVerdict } from '../../src/domain/change.ts';
import type { ExitCode, Failure } from '../../src/domain/failure.ts';
import type { Observation } from '../../src/domain/observation.ts';

/** The document of `redfirst judge --json`. */
export interface Judged extends Omit<ChangeVerdict, 'cases'> {
  readonly corners: readonly string[];
  readonly cases: readonly (ChangeCase & { readonly observations: Readonly<Record<string, Observation>> })[];
  readonly exit: ExitCode;
}

/** Runs the command in this process. @throws where it refuses, with what it says. */
export async function judge(
  cwd: string,
  options: Readonly<Record<string, string | readonly string[] | boolean>>,
): Promise<Judged> {
  let document: object | undefined;
  let refused: Failure | undefined;
  const exit = await main({
    operands: [],
    options: options as Record<string, string>,
    cwd,
    storeDir: undefined,
    signal: new AbortController().signal,
    tool: 'redfirst test',
    out: {
      json: true,
      colour: false,
      print: () => undefined,
      document: (value) => {
        document = value;
      },
      failure: (failure) => {
        refused = failure;
      },
      several: () => undefined,
      finish: () => undefined,
    },
  });
  if (document === undefined) throw new Error(`judge refused: ${refused?.what} (exit ${exit})`);
  return { ...(document as Omit<Judged, 'exit'>), exit };
}
