import type { Profile } from '../../domain/profile.ts';
import { toolFolder } from '../find-tool.ts';
import { minorOf } from '../kubevirt/identify.ts';
import { installRelease, type MendableFinding } from './install-release.ts';
import { isLacking, type NeededTool, neededTools } from './needed-tools.ts';
import { PINNED_RELEASES, type PinnedRelease, type PinnedTool, thisPlatform } from './pinned-releases.ts';

export interface SuppliedTool {
  readonly tool: PinnedTool;
  readonly version: string;
  readonly path: string;
}

export interface Supplied {
  readonly installed: readonly SuppliedTool[];
  /** Why a program that is lacking could not be installed, each with what a person can do. */
  readonly findings: readonly MendableFinding[];
  /** Names that the profile has for what is still lacking. */
  readonly lacking: readonly string[];
}

export interface SupplyRequest {
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** In place of what is pinned. */
  readonly releases?: readonly PinnedRelease[];
}

/** Installs what a profile needs and this machine lacks, as far as it is pinned; what is there is left as it is. */
export async function supplyTools(profile: Profile, request: SupplyRequest): Promise<Supplied> {
  const { env = process.env, releases = PINNED_RELEASES, signal, progress } = request;
  const lacking = neededTools(profile, env).filter((needed) => isLacking(needed, env));
  const installed: SuppliedTool[] = [];
  const findings: MendableFinding[] = [];
  for (const release of releases) {
    const tools: NeededTool[] = [];
    for (const needed of lacking.filter(({ tool }) => release.tools.includes(tool))) {
      const why = obstacle(needed, release);
      if (why === undefined) tools.push(needed);
      else findings.push(why);
    }
    if (tools.length === 0) continue;
    const done = await installRelease({
      release,
      tools: tools.map(({ tool }) => tool),
      platform: thisPlatform(),
      folder: toolFolder(env),
      mirror: env['REDFIRST_TOOLS_MIRROR'],
      signal,
      progress,
    });
    if (done.ok) for (const one of done.tools) installed.push({ ...one, version: release.version });
    else findings.push({ ...done.finding, severity: severityOf(tools) });
  }
  const still = lacking.filter(({ tool }) => !installed.some((one) => one.tool === tool));
  return { installed, findings, lacking: still.map(({ name }) => name) };
}

/** Why a program is not one that may be installed here. */
function obstacle(needed: NeededTool, release: PinnedRelease): MendableFinding | undefined {
  const { tool, name, version } = needed;
  const severity = severityOf([needed]);
  if (name !== tool)
    return {
      severity,
      what: `the profile names ${name} for ${tool}, which is not there and not redfirst's to put there`,
      next: `put it there, or write \`${tool}: ${tool}\` in the profile and run \`redfirst doctor --fix\` again`,
    };
  if (version === undefined || minorOf(version) === minorOf(release.version)) return undefined;
  return {
    severity,
    what: `${tool} ${version} was not installed: its checksum is not known here, only that of ${release.version}`,
    next: `download ${virtctlUrl(version)} by hand, check it against what its publisher says, and name its path in the profile (\`${tool}\`)`,
  };
}

/** Where KubeVirt publishes virtctl of a release. */
function virtctlUrl(version: string): string {
  return `https://github.com/kubevirt/kubevirt/releases/download/${version}/virtctl-${version}-${thisPlatform()}`;
}

function severityOf(tools: readonly NeededTool[]): 'error' | 'warning' {
  return tools.every(({ isOptional }) => isOptional) ? 'warning' : 'error';
}
