/** A guest that tests may boot: a container disk, or a kernel with its initial RAM disk out of an image (KubeVirt `kernelBoot`). */
export type GuestImage =
  | { readonly containerDisk: string }
  | {
      readonly kernelBoot: {
        readonly image: string;
        readonly kernelPath: string;
        readonly initrdPath?: string;
        readonly kernelArgs?: string;
      };
    };

/** How KubeVirt gets into a cluster, and how it is configured there. */
export interface KubeVirtSpec {
  /** A release, such as `v1.9.0`; its manifests are the release's unless others are named. */
  readonly version: string;
  /** Operator manifest: a URL, or a path (absolute, or from the repository's root). */
  readonly operator?: string;
  /** Manifest of the KubeVirt object; redfirst writes its own where none is named. */
  readonly cr?: string;
  readonly namespace: string;
  /** `auto`: software emulation where no accelerator works inside the nodes. */
  readonly emulation: 'auto' | 'always' | 'never';
  readonly featureGates: readonly string[];
  readonly disabledFeatureGates: readonly string[];
  /** Replicas of virt-api and virt-controller; 1 on a single node unless named. */
  readonly infraReplicas?: number;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
}

/** Something that is applied after KubeVirt, in order, and waited for: CDI, a storage class, Multus. */
export interface Addon {
  readonly name: string;
  /** URLs or paths. */
  readonly manifests: readonly string[];
  readonly wait: readonly AddonWait[];
}

/** As `kubectl wait --for=condition=…` has it. */
export interface AddonWait {
  /** `deployment/cdi-operator`, `cdi.cdi.kubevirt.io/cdi`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly condition: string;
}

/** Which guest shows that VMs boot; `own` is redfirst's tiny guest, loaded into the nodes. */
export interface ProbeSpec {
  readonly guest: 'own' | GuestImage;
  /** Text on the guest's serial console that says that its own code runs. */
  readonly ready: string;
  readonly deadlineMs: number;
}

/** What is under test in a cluster: another KubeVirt than the profile's, images that nodes must have, manifests that are applied last. */
export interface SystemUnderTest {
  /** Of the profile's `systems`, or `build` for what the scenario built at the corner. */
  readonly name: string;
  readonly kubevirt?: Pick<KubeVirtSpec, 'version' | 'operator' | 'cr'>;
  readonly images: readonly string[];
  /** URLs or paths. */
  readonly manifests: readonly string[];
  readonly wait: readonly AddonWait[];
}

/** What a scenario wants under test: a system by its name in the profile, or one that was built. */
export type SystemRequest = string | SystemUnderTest;

export interface ToolNames {
  readonly kubectl: string;
  readonly virtctl: string;
}

interface ClusterProfile {
  readonly name: string;
  readonly tools: ToolNames;
  readonly kubevirt?: KubeVirtSpec;
  readonly addons: readonly Addon[];
  /** Guests by name, for suites (`REDFIRST_GUESTS`). */
  readonly guests: Readonly<Record<string, GuestImage>>;
  readonly probe: ProbeSpec;
  /** Systems under test by name, for scenarios that say which one a phase runs against. */
  readonly systems: Readonly<Record<string, SystemUnderTest>>;
  /** Until KubeVirt is available, and each add-on ready. */
  readonly readyDeadlineMs: number;
}

export interface KindProfile extends ClusterProfile {
  readonly provider: 'kind';
  /** Name or path of SIG Kubernetes' `kind`. */
  readonly kind: string;
  readonly engine: 'auto' | 'docker' | 'podman';
  readonly cluster: string;
  readonly image: string;
  readonly controlPlanes: number;
  readonly workers: number;
  readonly cni: 'default' | 'none';
  readonly podSubnet?: string;
  /** kubeadm configuration patches, YAML, as in kind's configuration. */
  readonly kubeadmPatches: readonly string[];
  /** containerd configuration patches, TOML. */
  readonly containerdPatches: readonly string[];
  readonly mounts: readonly { readonly hostPath: string; readonly containerPath: string; readonly readOnly: boolean }[];
  /** Images, or archives of images (paths ending in `.tar`), that are loaded into every node that lacks them. */
  readonly images: readonly string[];
  /** Until `kind create cluster` is through. */
  readonly createDeadlineMs: number;
}

/** A cluster that is there already. */
export interface KubeconfigProfile extends ClusterProfile {
  readonly provider: 'kubeconfig';
  readonly kubeconfig: string;
  /** The current one unless named. */
  readonly context?: string;
  /** Beginning of the names of the namespaces that are made. */
  readonly namespacePrefix: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** Whether objects that redfirst did not make may be changed: the KubeVirt object, nodes. */
  readonly allowMutation: boolean;
  /** Whether `kubevirt` is deployed where there is none. */
  readonly install: boolean;
}

/** etcd and kube-apiserver alone. */
export interface EnvtestProfile {
  readonly name: string;
  readonly provider: 'envtest';
  /** Folder of `etcd` and `kube-apiserver`; `KUBEBUILDER_ASSETS` unless named. */
  readonly assets?: string;
  readonly tools: ToolNames;
  /** Manifests that are applied once the API server answers (CRDs): URLs or paths. */
  readonly manifests: readonly string[];
  readonly startDeadlineMs: number;
}

export interface HostProfile {
  readonly name: string;
  readonly provider: 'host';
}

export interface QemuProfile {
  readonly name: string;
  readonly provider: 'qemu';
  /** Binary name or path, `qemu-system-x86_64` unless named. */
  readonly binary: string;
  /** `auto` probes; a named one is probed as well and refused when no guest boots on it. */
  readonly accelerator: 'auto' | 'kvm' | 'tcg';
  readonly machine: string;
  /** Deadline of one probe boot. */
  readonly probeDeadlineMs: number;
}

/** A profile in `clusters/`. */
export type Profile = HostProfile | QemuProfile | EnvtestProfile | KindProfile | KubeconfigProfile;
