import { fail, ok, type Result } from '../../domain/failure.ts';
import { type ContainerEngine, engineFailure } from './container-engine.ts';

/** What kind chose for the network that its clusters share; the rest of it is the engine's choice. */
export interface KindNetwork {
  readonly name: string;
  readonly driver: string;
  readonly ipv6: boolean;
  readonly options: Readonly<Record<string, string>>;
  /** IPv6 subnets: kind computes one of the network's name. The engine chooses the IPv4 one. */
  readonly subnets: readonly string[];
}

/** Reads `docker network inspect`. */
export function readNetwork(json: string): KindNetwork | undefined {
  const [found] = JSON.parse(json) as readonly InspectedNetwork[];
  if (found === undefined) return undefined;
  const subnets = (found.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet?.includes(':') ? [Subnet] : []));
  return {
    ...{ name: found.Name, driver: found.Driver, ipv6: found.EnableIPv6 === true },
    ...{ options: found.Options ?? {}, subnets: found.EnableIPv6 === true ? subnets : [] },
  };
}

/** The arguments that make a network as kind does. */
export function networkArguments({ name, driver, ipv6, options, subnets }: KindNetwork): string[] {
  return [
    ...['network', 'create', '--driver', driver],
    ...Object.entries(options).flatMap(([key, value]) => ['--opt', `${key}=${value}`]),
    ...(ipv6 ? ['--ipv6'] : []),
    ...subnets.flatMap((subnet) => ['--subnet', subnet]),
    name,
  ];
}

/** Makes the network again where it went with the last cluster. */
export async function ensureNetwork(engine: ContainerEngine, network: KindNetwork): Promise<Result<void>> {
  const found = await engine.run(['network', 'inspect', network.name]);
  if (found.ok) return ok(undefined);
  const made = await engine.run(networkArguments(network));
  return made.ok ? ok(undefined) : fail(engineFailure(`network ${network.name} cannot be made: ${made.failure.what}`));
}

interface InspectedNetwork {
  readonly Name: string;
  readonly Driver: string;
  readonly EnableIPv6?: boolean;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}
