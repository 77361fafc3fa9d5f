import type { Config } from '../domain/scenario.ts';

/** Names of variables whose values are secrets whatever the configuration says. */
const SECRET_NAME = /(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE_KEY|API_?KEY|ACCESS_KEY)/i;
const SHORTEST = 6;

/** Values of the caller's environment that must never be stored: those that redfirst.yaml names, and those that look like secrets. */
export function redactions(
  config: Pick<Config, 'redact'>,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly value: string }[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= SHORTEST && (config.redact.includes(name) || SECRET_NAME.test(name))
      ? [{ name, value }]
      : [],
  );
}
