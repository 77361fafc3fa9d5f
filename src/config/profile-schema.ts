import * as z from 'zod';
import { duration, label } from './schema-leaves.ts';

/** The version that every file names first. A file of another version is refused, never guessed at. */
export const API_VERSION = 'redfirst.dev/v1';

export const PROVIDERS = ['host', 'qemu', 'envtest', 'kind', 'kubeconfig'] as const;

const apiVersion = z.literal(API_VERSION).meta({ description: 'Version of the file format.' });

/** How a profile names a value of the machine. */
const variable = (name: string): string => `\${${name}}`;

/** A program that is started: a name that is looked for on PATH and in the tool folder, or a path. */
const program = (description: string, name: string) =>
  z
    .string()
    .min(1)
    .refine((text) => !text.startsWith('-'), 'a program: it starts with "-", as an option does')
    .default(name)
    .meta({ description });

const image = (description: string) =>
  z
    .string()
    .regex(/^[^\s-]\S*$/, 'the name of a container image')
    .meta({ description, examples: ['quay.io/kubevirt/cirros-container-disk-demo:v1.9.0'] });

const manifest = (description: string) =>
  z
    .string()
    .regex(/^[^\s-]/, 'a URL or a path')
    .meta({ description, examples: ['https://example.com/operator.yaml', 'hack/operator.yaml'] });

const gates = (description: string) =>
  z
    .array(
      z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9]*$/, 'the name of a feature gate')
        .meta({ description: 'A gate.' }),
    )
    .default([])
    .meta({ description });

/** Conditions that are waited for, as `kubectl wait` has them. */
export const waits = (description: string) =>
  z
    .array(
      z
        .strictObject({
          resource: z
            .string()
            .regex(/^[^\s/-][^\s/]*\/\S+$/, 'a resource and its name')
            .meta({ description: 'TYPE/NAME as kubectl has it.', examples: ['deployment/cdi-operator'] }),
          namespace: label('Its namespace.', ['cdi']).optional(),
          condition: z.string().min(1).default('Available').meta({ description: 'Condition that must be True.' }),
        })
        .meta({ description: 'One condition.' }),
    )
    .default([])
    .meta({ description });

const hostSchema = z
  .strictObject({
    apiVersion,
    provider: z.literal('host').meta({ description: 'A process on this machine; the empty grade.' }),
  })
  .meta({ description: 'The machine itself.' });

const qemuSchema = z
  .strictObject({
    apiVersion,
    provider: z.literal('qemu').meta({ description: 'QEMU of this machine, probed by booting a guest; grade vmm.' }),
    binary: program('Name or path of the QEMU program.', 'qemu-system-x86_64'),
    accelerator: z
      .enum(['auto', 'kvm', 'tcg'])
      .default('auto')
      .meta({ description: 'auto takes what a probe guest really boots on; a named one is probed too.' }),
    machine: z
      .string()
      .regex(/^[A-Za-z0-9._-]+$/, 'the name of a QEMU machine type')
      .default('q35')
      .meta({ description: 'QEMU machine type.', examples: ['q35', 'virt'] }),
    probeDeadline: duration('Deadline of one probe boot.').default('30s'),
  })
  .meta({ description: 'QEMU on this machine.' });

const guest = z
  .strictObject({
    containerDisk: image('A container disk.').optional(),
    kernelBoot: z
      .strictObject({
        image: image('Image that holds kernel and initial RAM disk.'),
        kernelPath: z.string().startsWith('/').meta({ description: 'Path of the kernel in the image.' }),
        initrdPath: z
          .string()
          .startsWith('/')
          .optional()
          .meta({ description: 'Path of the initial RAM disk in the image.' }),
        kernelArgs: z.string().optional().meta({ description: 'Kernel command line.' }),
      })
      .optional()
      .meta({ description: 'A kernel that is booted without a disk.' }),
  })
  .refine(({ containerDisk, kernelBoot }) => (containerDisk === undefined) !== (kernelBoot === undefined), {
    message: 'a guest: name either "containerDisk" or "kernelBoot"',
  })
  .meta({ id: 'guest', description: 'A guest that boots from a container disk, or from a kernel in an image.' });

const kubevirtVersion = {
  version: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a release of KubeVirt, such as v1.9.0')
    .meta({ description: "A release; its manifests are the release's unless others are named.", examples: ['v1.9.0'] }),
  operator: manifest('Operator manifest.').optional(),
  cr: manifest("Manifest of the KubeVirt object; redfirst's own unless named.").optional(),
};

const kubevirt = z
  .strictObject({
    ...kubevirtVersion,
    namespace: label('Namespace that the operator manifest installs into.', ['kubevirt']).default('kubevirt'),
    emulation: z
      .enum(['auto', 'always', 'never'])
      .default('auto')
      .meta({ description: 'auto: software emulation (useEmulation) where no guest boots on an accelerator.' }),
    featureGates: gates('Feature gates that are switched on.'),
    disabledFeatureGates: gates('Feature gates that are switched off.'),
    infraReplicas: z
      .int()
      .min(1)
      .max(5)
      .optional()
      .meta({ description: 'Replicas of virt-api and virt-controller; 1 on a single node unless named.' }),
    imagePullPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .default('IfNotPresent')
      .meta({ description: 'Pull policy of the components that the operator deploys.' }),
  })
  .refine(
    ({ featureGates, disabledFeatureGates }) => !featureGates.some((gate) => disabledFeatureGates.includes(gate)),
    {
      message: 'a configuration that KubeVirt admits: a gate stands in featureGates and in disabledFeatureGates',
    },
  )
  .meta({ description: 'KubeVirt in the cluster.' });

const cluster = {
  kubectl: program('Name or path of kubectl.', 'kubectl'),
  virtctl: program('Name or path of virtctl; may be missing.', 'virtctl'),
  kubevirt: kubevirt.optional(),
  addons: z
    .array(
      z
        .strictObject({
          name: label('Name of the add-on.', ['cdi']),
          manifests: z.array(manifest('One manifest.')).min(1).meta({ description: 'Applied in order.' }),
          wait: waits('What must hold before the next add-on is applied.'),
        })
        .meta({ description: 'One add-on.' }),
    )
    .default([])
    .meta({ description: 'What is applied after KubeVirt, in order, and waited for.' }),
  guests: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name of lower-case letters, digits and hyphens'), guest)
    .default({})
    .meta({ description: 'Guests by name, handed to suites as $REDFIRST_GUESTS.' }),
  probe: z
    .strictObject({
      guest: z
        .string()
        .regex(/^[a-z][a-z0-9-]*$/, 'the name of a guest')
        .default('own')
        .meta({
          description:
            "A guest of `guests` whose boot earns the grade virt; own is redfirst's tiny guest, loaded into the nodes.",
        }),
      ready: z
        .string()
        .min(1)
        .default('REDFIRST-GUEST-READY')
        .meta({ description: 'Text on its serial console that says that the guest runs.' }),
      deadline: duration('Deadline of its boot.').default('3m'),
    })
    .prefault({})
    .meta({ description: 'The VirtualMachineInstance that must boot.' }),
  systems: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name of lower-case letters, digits and hyphens'),
      z
        .strictObject({
          kubevirt: z
            .strictObject(kubevirtVersion)
            .optional()
            .meta({ description: "KubeVirt in place of the profile's; gates and emulation stay the profile's." }),
          images: z
            .array(
              z
                .string()
                .regex(/^[^\s-]\S*$/, 'an image or an archive of images')
                .meta({ description: 'An image, or a path that ends in .tar.' }),
            )
            .default([])
            .meta({ description: 'Images that are loaded into the nodes (provider kind).' }),
          manifests: z.array(manifest('One manifest.')).default([]).meta({ description: 'Applied last, in order.' }),
          wait: waits('What must hold before the suites start.'),
        })
        .meta({ id: 'system', description: 'What a scenario tests in place of what the profile deploys.' }),
    )
    .default({})
    .meta({ description: 'Systems under test by name; a scenario names one for each phase.' }),
  readyDeadline: duration('Until KubeVirt is available, and each add-on ready.').default('10m'),
};

const kindSchema = z
  .strictObject({
    apiVersion,
    provider: z.literal('kind').meta({ description: 'A cluster of its own, made with kind on Docker or Podman.' }),
    ...cluster,
    kind: program("Name or path of SIG Kubernetes' kind.", 'kind'),
    engine: z.enum(['auto', 'docker', 'podman']).default('auto').meta({
      description:
        'What runs the nodes; auto takes what has the cluster already, else Docker where it answers, else Podman.',
    }),
    cluster: label('Name of the cluster; redfirst-PROFILE unless named.', ['redfirst-kind-kubevirt']).optional(),
    image: image('Node image.'),
    controlPlanes: z.int().min(1).max(5).default(1).meta({ description: 'Control-plane nodes.' }),
    workers: z.int().min(0).max(10).default(0).meta({ description: 'Worker nodes.' }),
    cni: z
      .enum(['default', 'none'])
      .default('default')
      .meta({ description: "default is kind's own network; none leaves it to an add-on." }),
    podSubnet: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Addresses of pods.', examples: ['10.244.0.0/16'] }),
    kubeadmPatches: z
      .array(z.string().min(1).meta({ description: 'One patch, YAML.' }))
      .default([])
      .meta({ description: "kubeadmConfigPatches of kind's configuration, for every node." }),
    containerdPatches: z
      .array(z.string().min(1).meta({ description: 'One patch, TOML.' }))
      .default([])
      .meta({ description: "containerdConfigPatches of kind's configuration." }),
    mounts: z
      .array(
        z
          .strictObject({
            hostPath: z.string().startsWith('/').meta({ description: 'On this machine.' }),
            containerPath: z.string().startsWith('/').meta({ description: 'In every node.' }),
            readOnly: z.boolean().default(true).meta({ description: 'Whether nodes may only read it.' }),
          })
          .meta({ description: 'One mount.' }),
      )
      .default([])
      .meta({ description: 'Folders of this machine that every node sees.' }),
    images: z
      .array(
        z
          .string()
          .regex(/^[^\s-]\S*$/, 'an image or an archive of images')
          .meta({ description: 'An image, or a path that ends in .tar.' }),
      )
      .default([])
      .meta({ description: 'Images that are loaded into the nodes that lack them, in place of being pulled there.' }),
    createDeadline: duration('Until `kind create cluster` is through.').default('5m'),
  })
  .meta({ description: 'A kind cluster, with KubeVirt where `kubevirt` is given.' });

const kubeconfigSchema = z
  .strictObject({
    apiVersion,
    provider: z
      .literal('kubeconfig')
      .meta({ description: 'A cluster that is there already; what redfirst did not make is left as it is.' }),
    ...cluster,
    kubeconfig: z
      .string()
      .min(1)
      .meta({ description: 'Path of the kubeconfig.', examples: [variable('KUBECONFIG')] }),
    context: z.string().min(1).optional().meta({ description: 'Context; the current one unless named.' }),
    namespacePrefix: label('Beginning of the names of the namespaces that are made.', ['redfirst']).default('redfirst'),
    namespaceLabels: z
      .record(z.string().min(1), z.string().meta({ description: 'The value.' }))
      .default({})
      .meta({ description: 'Labels of the namespaces that are made.' }),
    allowMutation: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether objects that redfirst did not make may be changed, such as the KubeVirt object.' }),
    install: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether `kubevirt` is deployed where the cluster has none; needs allowMutation.' }),
  })
  .meta({ description: 'An existing cluster.' });

const envtestSchema = z
  .strictObject({
    apiVersion,
    provider: z
      .literal('envtest')
      .meta({ description: 'etcd and kube-apiserver alone; grade api: nothing behind the API is real.' }),
    assets: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Folder of etcd and kube-apiserver; $KUBEBUILDER_ASSETS unless named.' }),
    kubectl: program('Name or path of kubectl.', 'kubectl'),
    manifests: z
      .array(manifest('One manifest.'))
      .default([])
      .meta({ description: 'Applied once the API server answers, such as CRDs.' }),
    startDeadline: duration('Until the API server is ready.').default('60s'),
  })
  .meta({ description: "A real API server without a cluster, as controller-runtime's envtest has it." });

export const profileSchema = z
  .discriminatedUnion('provider', [hostSchema, qemuSchema, envtestSchema, kindSchema, kubeconfigSchema])
  .meta({ title: 'profile', description: 'A profile of an environment, in `clusters/`.' });

export type ProfileFile = z.output<typeof profileSchema>;
