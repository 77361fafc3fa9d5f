/** The parts of Kubernetes' and KubeVirt's objects that are read here (field names as in their APIs). Anything may be missing. */

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  /** Of a node's conditions: when its kubelet last said so. */
  readonly lastHeartbeatTime?: string;
}

export interface List<T> {
  readonly items: readonly T[];
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly reason?: string;
    readonly exitCode?: number;
    readonly signal?: number;
    readonly finishedAt?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly image?: string;
  readonly imageID?: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface Pod {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly {
      readonly name: string;
      readonly image?: string;
      readonly readinessProbe?: { readonly initialDelaySeconds?: number };
    }[];
    readonly initContainers?: readonly { readonly name: string; readonly image?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface KubeNode {
  readonly metadata: ObjectMeta;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly images?: readonly { readonly names?: readonly string[] }[];
    readonly nodeInfo?: {
      readonly kubeletVersion?: string;
      readonly containerRuntimeVersion?: string;
      readonly kernelVersion?: string;
      readonly osImage?: string;
    };
  };
}

/** A lease of kube-system that an API server holds; the holder is named anew at each start of the process. */
export interface Lease {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly holderIdentity?: string };
}

export interface KubeEvent {
  readonly metadata: ObjectMeta;
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
  readonly involvedObject?: {
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly fieldPath?: string;
  };
}

export interface Namespace {
  readonly metadata: ObjectMeta;
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

export interface CustomResourceDefinition {
  readonly metadata: ObjectMeta;
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface KubeVirtObject {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly imageTag?: string;
    readonly configuration?: {
      readonly developerConfiguration?: {
        readonly featureGates?: readonly string[];
        readonly disabledFeatureGates?: readonly string[];
        readonly useEmulation?: boolean;
      };
    };
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly observedGeneration?: number;
    readonly observedKubeVirtVersion?: string;
    readonly operatorVersion?: string;
    readonly targetKubeVirtVersion?: string;
    readonly observedDeploymentID?: string;
    readonly targetDeploymentID?: string;
  };
}

export interface Deployment {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

export interface Vmi {
  readonly metadata: ObjectMeta;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly nodeName?: string;
    readonly conditions?: readonly Condition[];
    readonly machine?: { readonly type?: string };
  };
}

/** The status of a condition: `True`, `False`, `Unknown`; undefined where it is not there. */
export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
