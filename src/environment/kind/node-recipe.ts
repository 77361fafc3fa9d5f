/** How a node's container was made, as far as it has to be made so again; read from what the engine says of it. */
export interface NodeRecipe {
  readonly name: string;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `NAME=value`; names without a value are the engine's caller's business, not the node's. */
  readonly env: readonly string[];
  /** As `docker create --restart` takes it: `on-failure:1`. */
  readonly restart: string;
  readonly privileged: boolean;
  readonly init: boolean;
  readonly tty: boolean;
  readonly securityOpt: readonly string[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly cgroupns: string;
  readonly userns: string;
  readonly network: string;
  readonly ports: readonly PublishedPort[];
  readonly binds: readonly NodeBind[];
  readonly devices: readonly string[];
  /** Where its anonymous volumes are mounted: kind has one, on `/var`. */
  readonly volumes: readonly string[];
}

export interface PublishedPort {
  /** `6443/tcp` */
  readonly container: string;
  readonly hostIp: string;
  readonly hostPort: number;
}

export interface NodeBind {
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
  readonly propagation: string;
}

/** Reads `docker inspect` of one container. */
export function readRecipe(container: InspectedNode): NodeRecipe {
  const { Name, Config, HostConfig, Mounts = [] } = container;
  const { Name: policy = 'no', MaximumRetryCount: retries = 0 } = HostConfig.RestartPolicy ?? {};
  return {
    name: Name.replace(/^\//, ''),
    hostname: Config.Hostname ?? '',
    labels: Config.Labels ?? {},
    env: (Config.Env ?? []).filter((variable) => variable.includes('=')),
    restart: policy === 'on-failure' && retries > 0 ? `${policy}:${retries}` : policy || 'no',
    privileged: HostConfig.Privileged === true,
    init: HostConfig.Init === true,
    tty: Config.Tty === true,
    securityOpt: HostConfig.SecurityOpt ?? [],
    tmpfs: HostConfig.Tmpfs ?? {},
    cgroupns: HostConfig.CgroupnsMode ?? '',
    userns: HostConfig.UsernsMode ?? '',
    network: HostConfig.NetworkMode ?? '',
    ports: Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
      (bindings ?? []).map(({ HostIp = '', HostPort = '' }) => ({
        container: port,
        hostIp: HostIp,
        hostPort: Number(HostPort),
      })),
    ),
    binds: Mounts.filter(({ Type }) => Type === 'bind').map(({ Source, Destination, RW, Propagation }) => ({
      source: Source,
      destination: Destination,
      readOnly: RW === false,
      propagation: Propagation ?? '',
    })),
    devices: (HostConfig.Devices ?? []).map(
      ({ PathOnHost, PathInContainer, CgroupPermissions }) => `${PathOnHost}:${PathInContainer}:${CgroupPermissions}`,
    ),
    volumes: Mounts.filter(({ Type }) => Type === 'volume').map(({ Destination }) => Destination),
  };
}

export interface CreateChoices {
  /** The image that holds the node's root filesystem. */
  readonly image: string;
  /** Folders of this machine by the place where the node sees them, in place of those that the recipe names. */
  readonly sources: Readonly<Record<string, string>>;
  /** Host ports by the recipe's. */
  readonly hostPorts: ReadonlyMap<number, number>;
}

/**
 * The arguments that make a container like the recipe's. Its volumes are anonymous, as kind's are, so that they go with it; nothing is
 * copied into them from the image, since a snapshot fills them.
 */
export function createArguments(recipe: NodeRecipe, { image, sources, hostPorts }: CreateChoices): string[] {
  const each = (flag: string, values: readonly string[]): string[] => values.flatMap((value) => [flag, value]);
  return [
    'create',
    ...['--name', recipe.name, '--hostname', recipe.hostname, '--network', recipe.network],
    ...each(
      '--label',
      Object.entries(recipe.labels).map(([name, value]) => `${name}=${value}`),
    ),
    ...each('--env', recipe.env),
    ...['--restart', recipe.restart, `--init=${recipe.init}`],
    ...(recipe.tty ? ['--tty'] : []),
    ...(recipe.privileged ? ['--privileged'] : []),
    ...(recipe.cgroupns === '' ? [] : ['--cgroupns', recipe.cgroupns]),
    ...(recipe.userns === '' ? [] : ['--userns', recipe.userns]),
    ...each('--security-opt', recipe.securityOpt),
    ...each(
      '--tmpfs',
      Object.entries(recipe.tmpfs).map(([path, options]) => (options === '' ? path : `${path}:${options}`)),
    ),
    ...each('--device', recipe.devices),
    ...each(
      '--mount',
      recipe.binds.map((bind) => bindMount(bind, sources)),
    ),
    ...each(
      '--mount',
      recipe.volumes.map((path) => mountFields({ type: 'volume', destination: path, 'volume-nocopy': 'true' })),
    ),
    ...each(
      '--publish',
      recipe.ports.map(({ container, hostIp, hostPort }) => {
        const port = hostPorts.get(hostPort) ?? hostPort;
        return hostIp === ''
          ? `${port}:${container}`
          : `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${port}:${container}`;
      }),
    ),
    image,
  ];
}

function bindMount(
  { source, destination, readOnly, propagation }: NodeBind,
  sources: CreateChoices['sources'],
): string {
  return mountFields({
    type: 'bind',
    source: sources[destination] ?? source,
    destination,
    ...(readOnly ? { readonly: 'true' } : {}),
    ...(propagation === '' ? {} : { 'bind-propagation': propagation }),
  });
}

/** As `--mount` reads it: CSV, so a field with a comma or a quote stands in quotes. */
function mountFields(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

/** The parts of `docker inspect` that are read here. */
export interface InspectedNode {
  readonly Name: string;
  readonly Image: string;
  readonly Config: {
    readonly Hostname?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly Env?: readonly string[] | null;
    readonly Tty?: boolean;
    readonly Image: string;
  };
  readonly HostConfig: {
    readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
    readonly Privileged?: boolean;
    readonly Init?: boolean | null;
    readonly SecurityOpt?: readonly string[] | null;
    readonly Tmpfs?: Readonly<Record<string, string>> | null;
    readonly CgroupnsMode?: string;
    readonly UsernsMode?: string;
    readonly NetworkMode?: string;
    readonly PortBindings?: Readonly<
      Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null>
    > | null;
    readonly Devices?:
      | readonly { readonly PathOnHost: string; readonly PathInContainer: string; readonly CgroupPermissions: string }[]
      | null;
  };
  readonly Mounts?: readonly {
    readonly Type: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW?: boolean;
    readonly Propagation?: string;
  }[];
}
