import { delimiter } from 'node:path';
import type { Profile } from '../../domain/profile.ts';
import { KUBEBUILDER_FOLDER, toolFolder } from '../find-tool.ts';
import { findExecutable } from '../qemu-binary.ts';
import type { PinnedTool } from './pinned-releases.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A program that a profile needs. */
export interface NeededTool {
  readonly tool: PinnedTool;
  /** As the profile names it: what is looked for. */
  readonly name: string;
  /** Runs go without it. */
  readonly isOptional: boolean;
  /** The version that fits the profile, where it must be of the same minor. */
  readonly version?: string;
  /** Where it is looked for before the tool folder: folders as PATH lists them. PATH unless named. */
  readonly path?: string;
}

/** The programs that a profile needs of this machine and that releases can be had of. */
export function neededTools(profile: Profile, env: Env = process.env): NeededTool[] {
  switch (profile.provider) {
    case 'host':
    case 'qemu':
      return [];
    case 'envtest': {
      const kubectl: NeededTool = { tool: 'kubectl', name: profile.tools.kubectl, isOptional: false };
      // A folder that is named has to have them; nothing is put there.
      if ((profile.assets ?? env['KUBEBUILDER_ASSETS'] ?? '') !== '') return [kubectl];
      const server = (['etcd', 'kube-apiserver'] as const).map((tool) => ({
        ...{ tool, name: tool, isOptional: false, path: KUBEBUILDER_FOLDER },
      }));
      return [...server, { ...kubectl, path: [KUBEBUILDER_FOLDER, env['PATH'] ?? ''].join(delimiter) }];
    }
    case 'kind':
    case 'kubeconfig': {
      const { kubectl, virtctl } = profile.tools;
      const version = profile.kubevirt?.version;
      return [
        ...(profile.provider === 'kind' ? [{ tool: 'kind' as const, name: profile.kind, isOptional: false }] : []),
        { tool: 'kubectl', name: kubectl, isOptional: false },
        ...(version === undefined ? [] : [{ tool: 'virtctl' as const, name: virtctl, isOptional: true, version }]),
      ];
    }
  }
}

/** Whether it is nowhere on this machine. */
export function isLacking({ name, path }: NeededTool, env: Env = process.env): boolean {
  return findExecutable(name, [path ?? env['PATH'] ?? '', toolFolder(env)].join(delimiter)) === undefined;
}
