import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type LookUp, readVariables } from '../config/expand-variables.ts';
import type { Config } from '../domain/scenario.ts';
import type { Repository } from '../git/open-repository.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where the values of a machine lie, the nearest first; the caller's environment comes before both. */
export function variableFiles(topLevel: string, config: Pick<Config, 'clusters'>, env: Env): string[] {
  const configHome = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config');
  return [join(topLevel, config.clusters, 'local.env'), join(configHome, 'redfirst', 'clusters.env')];
}

/** What `${NAME}` in a profile stands for on this machine: the environment, then `clusters/local.env`, then the user's own file. */
export function profileVariables(topLevel: string, config: Pick<Config, 'clusters'>, env: Env = process.env): LookUp {
  let files: ReadonlyMap<string, string>[] | undefined;
  return (name) => {
    if (env[name] !== undefined && env[name] !== '') return env[name];
    files ??= variableFiles(topLevel, config, env).map((path) => readVariables(readText(path)));
    return files.map((file) => file.get(name)).find((value) => value !== undefined);
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The same for whoever reads a feature's files, at whichever commit: the values are the machine's, not the commit's. */
export function variablesOf(repo: Pick<Repository, 'topLevel'>): (config: Pick<Config, 'clusters'>) => LookUp {
  return (config) => profileVariables(repo.topLevel, config);
}
