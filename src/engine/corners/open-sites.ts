import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitId } from '../../domain/brand.ts';
import { ok, type Result } from '../../domain/failure.ts';
import type { CornerSite, SiteRequest } from './corner-site.ts';
import { openFileSite } from './file-site.ts';
import { type GoMemory, openGoSite } from './go-site.ts';

/** What is found out once and serves every corner. */
export interface SiteMemory extends GoMemory {
  /** The commit that the worktree was just brought to, and that nothing has run at. */
  clean: CommitId | undefined;
}

/** Opens a corner for targets of several languages at once. */
export async function openSites(request: SiteRequest, memory: SiteMemory): Promise<Result<CornerSite>> {
  const go = request.targets.filter(({ runner }) => runner === 'go-test');
  const files = request.targets.filter(({ runner }) => runner !== 'go-test');
  const below = (name: string): string => {
    const folder = join(request.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const goSite =
    go.length === 0 ? undefined : await openGoSite({ ...request, targets: go, folder: below('g') }, memory);
  if (goSite?.ok === false) return goSite;
  if (files.length === 0 && goSite !== undefined) return goSite;
  const fileSite = openFileSite({ ...request, targets: files, folder: below('f') });
  if (goSite === undefined) return ok(fileSite);
  return ok({
    get commands() {
      return [...goSite.value.commands, ...fileSite.commands];
    },
    buildMs: goSite.value.buildMs,
    run: (target, attempt) => (target.runner === 'go-test' ? goSite.value : fileSite).run(target, attempt),
  });
}
