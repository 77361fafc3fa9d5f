import { EXIT, type Failure } from '../domain/failure.ts';
import type { Scenario } from '../domain/scenario.ts';
import type { SuiteName } from '../domain/vocabulary.ts';
import { MANDATED_ORDER } from '../plan/mandated-order.ts';
import { type CommandInput, numberOption, textOption } from './command.ts';

/** What is wrong with the options that red, green and run share; undefined when nothing is. */
export function checkRunOptions(input: CommandInput): Failure | undefined {
  const wrong = (what: string, next: string): Failure => ({ reason: 'usage', what, next, exit: EXIT.usage });
  for (const [name, least, most] of [
    ['attempts', 1, 50],
    ['seed', 0, 2 ** 31 - 1],
  ] as const) {
    const number = numberOption(input, name, least) ?? least;
    if (Number.isNaN(number) || number > most) {
      const given = JSON.stringify(input.options[name]);
      return wrong(`--${name} takes a whole number from ${least} to ${most}, not ${given}`, `for example: --${name} 3`);
    }
  }
  if (input.options['keepGoing'] === true && input.options['failFast'] === true)
    return wrong('--keep-going and --fail-fast exclude each other', 'leave one of them out');
  if (textOption(input, 'stub') !== undefined) {
    if (input.options['draft'] === true)
      return wrong('--stub and --draft exclude each other', 'a draft runs in your own tree, and the stub is not in it');
    if (input.operands.length > 1)
      return wrong('--stub is for one feature', 'run `redfirst red FEATURE --stub PATCH` for each');
  }
  const unknown = suiteOption(input)?.find((suite) => !MANDATED_ORDER.includes(suite));
  if (unknown !== undefined)
    return wrong(`there is no suite ${JSON.stringify(unknown)}`, `one of ${MANDATED_ORDER.join(', ')}`);
  return undefined;
}

/** A suite that was asked for and that the scenario does not have: nothing of it could run. */
export function findUnknownSuite({ feature, suites }: Scenario, only: readonly SuiteName[]): Failure | undefined {
  const unknown = only.find((name) => !suites.some(({ suite }) => suite === name));
  if (unknown === undefined) return undefined;
  const next = `one of ${suites.map(({ suite }) => suite).join(', ')}`;
  return { reason: 'usage', what: `${feature} has no suite ${unknown}`, next, exit: EXIT.usage };
}

/** `--suite`, as it was given. */
export function suiteOption(input: CommandInput): SuiteName[] | undefined {
  const value = input.options['suite'];
  return Array.isArray(value) ? (value as SuiteName[]) : undefined;
}
