/** A program that `redfirst doctor --fix` can install. */
export type PinnedTool = 'kind' | 'kubectl' | 'virtctl' | 'etcd' | 'kube-apiserver';

/** As release files name them: `linux-amd64`. */
export type Platform = string;

/** One file of one release, the same for all its platforms but for their names. */
export interface PinnedRelease {
  readonly name: string;
  readonly version: string;
  /** Who wants it by hand finds it here. `{version}`, `{os}` and `{arch}` stand for what they say. */
  readonly url: string;
  /** The programs in it. */
  readonly tools: readonly PinnedTool[];
  /** Where the file is a gzipped tar archive: the path in it; `{tool}` stands for the program. */
  readonly member?: string;
  /** Of the file as it is downloaded. A platform without one is not installed. */
  readonly sha256: Readonly<Record<Platform, string>>;
  /** More bytes than this are not what is meant. */
  readonly maxBytes: number;
}

const MIB = 1024 * 1024;

/**
 * What is installed, and by which checksum it is known. Every checksum is one that somebody published; none was computed here. Who moves a
 * version names the new source. The versions belong together: the node image of this kind is that of `clusters/kind-*.yaml` (v1.36.1).
 */
export const PINNED_RELEASES: readonly PinnedRelease[] = [
  {
    // kind.hcl of cashapp/hermit-packages at f0517fd and modules/tools/00_mod.mk of cert-manager/makefile-modules at b903032 agree.
    name: 'kind',
    version: 'v0.32.0',
    url: 'https://github.com/kubernetes-sigs/kind/releases/download/{version}/kind-{os}-{arch}',
    tools: ['kind'],
    sha256: {
      'linux-amd64': '50030de23cf40a18505f20426f6a8506bedf13c6e509244bd1fa9463721b0f54',
      'linux-arm64': 'b92cd615e97585de8ddade28ed5cd7feb4248d717c233eea5b03c37298900f5d',
      'darwin-amd64': '295ac6d0d634c9819c9907df45e3017d1f13166bd13c3404c45e79f7faa47498',
      'darwin-arm64': 'dca67911095a110c2b5c36e26df6cac860c602033e456c0db47be498cdef1ebb',
    },
    maxBytes: 64 * MIB,
  },
  {
    // cert-manager/makefile-modules as above; roles/kubespray_defaults/vars/main/checksums.yml of kubernetes-sigs/kubespray at 46dbdd3
    // has the two of Linux and agrees.
    name: 'kubectl',
    version: 'v1.36.4',
    url: 'https://dl.k8s.io/release/{version}/bin/{os}/{arch}/kubectl',
    tools: ['kubectl'],
    sha256: {
      'linux-amd64': '8b8f088da2dab964f853b38464033b1be15ede2839eca751482357c45abdd05a',
      'linux-arm64': '0ecf44450ee6063bf19dd166a103ee6df4a9034455c2abce626e6eea657d73fb',
      'darwin-amd64': '71a3aa7c2ee2c974d9fbb462cba0c5c04a4df2e8d85eee94714fd819ea3c4e63',
      'darwin-arm64': 'c9e4f713d6fee0043a3d835cca13077cda2bc0973840eb9779360df0b5bdfc69',
    },
    maxBytes: 256 * MIB,
  },
  {
    // plugins/virt.yaml of kubernetes-sigs/krew-index at fcdd1db: KubeVirt's own archives of the release's virtctl. The release itself
    // publishes no checksums of its bare binaries.
    name: 'virtctl',
    version: 'v1.9.0',
    url: 'https://github.com/kubevirt/kubectl-virt-plugin/releases/download/{version}/virtctl-{os}-{arch}.tar.gz',
    tools: ['virtctl'],
    member: 'virtctl/virtctl-{os}-{arch}',
    sha256: {
      'linux-amd64': 'a0127cdc71b4e58f44259b2185c98db67df36bb2c2b820e05a810357033ada5b',
      'linux-arm64': 'd9a34228d67153568064c6afa107f4aa7130257b11ff21bf2f0b3c99b4b19449',
      'darwin-amd64': 'a2310b18ce1b6fabff00fe583481cc8a6c433bf5e4b77b7c6ba504b049a87138',
      'darwin-arm64': '1ed60109742fcad89fcdf73bbcc082de9855b2ddcd51493d21b8cc5f9ad15d2f',
    },
    maxBytes: 256 * MIB,
  },
  {
    // cert-manager/makefile-modules as above, which names its version and takes the same two members out of it; envtest-releases.yaml of
    // kubernetes-sigs/controller-tools has the release, with SHA-512 alone.
    name: 'envtest',
    version: 'v1.36.2',
    url: 'https://github.com/kubernetes-sigs/controller-tools/releases/download/envtest-{version}/envtest-{version}-{os}-{arch}.tar.gz',
    tools: ['etcd', 'kube-apiserver'],
    member: 'controller-tools/envtest/{tool}',
    sha256: {
      'linux-amd64': '5e99f4eef3d6f9d4dd063730299f708c98da8801f2f14d8fc762cb354f30c332',
      'linux-arm64': 'd5eebb129f149a68f8b7bbd7b4c8e51a19f280b3bda1743c94de27f82da78d2e',
      'darwin-amd64': 'bcc9e95d9e5195bd7224be291c07938f6878c7788ae2faeb344a54cee0a122c6',
      'darwin-arm64': 'f344e7c70961b100471eeea4d2555006f282a6a27bece7f42fbede77b29b886e',
    },
    maxBytes: 512 * MIB,
  },
];

/** This machine, in the words of release files. */
export function thisPlatform(): Platform {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return `${process.platform}-${arch}`;
}

/** A release's URL, or the member of its archive, on a platform. */
export function fillIn(template: string, version: string, platform: Platform, tool = ''): string {
  const [os = '', arch = ''] = platform.split('-');
  const values: Readonly<Record<string, string>> = { version, os, arch, tool };
  return template.replace(/\{(version|os|arch|tool)\}/g, (_, name: string) => values[name] ?? '');
}
