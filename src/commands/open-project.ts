import { loadConfig } from '../config/load.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { Config } from '../domain/scenario.ts';
import { openRepository, type Repository } from '../git/open-repository.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';

export interface Project {
  readonly repo: Repository;
  /** As it stands in the work tree: it only says where things lie. What is judged is read from a corner. */
  readonly config: Config;
}

/** Opens the repository that holds `cwd` and reads its redfirst.yaml. */
export async function openProject(cwd: string): Promise<Result<Project>> {
  const repo = await openRepository(cwd);
  if (!repo.ok) return repo;
  const config = await loadConfig(readFileInWorkTree(repo.value));
  if (!config.ok) return config;
  return ok({ repo: repo.value, config: config.value.value });
}
