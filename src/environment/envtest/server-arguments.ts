import { join } from 'node:path';

/** Where things lie in the private folder of one control plane. */
export interface ControlPlaneFiles {
  readonly dir: string;
  /** Emptied whenever the control plane starts anew. */
  readonly data: string;
  readonly etcdSocket: string;
  readonly peerSocket: string;
  /** kube-apiserver writes its own serving certificate here. */
  readonly certs: string;
  readonly servingCertificate: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly tokens: string;
  readonly etcdLog: string;
  readonly apiServerLog: string;
}

export function controlPlaneFiles(dir: string): ControlPlaneFiles {
  const certs = join(dir, 'certs');
  return {
    dir,
    data: join(dir, 'data'),
    etcdSocket: join(dir, 'etcd.sock'),
    peerSocket: join(dir, 'peer.sock'),
    certs,
    servingCertificate: join(certs, 'apiserver.crt'),
    serviceAccountKey: join(dir, 'service-accounts.key'),
    serviceAccountPublicKey: join(dir, 'service-accounts.pub'),
    tokens: join(dir, 'tokens.csv'),
    etcdLog: join(dir, 'etcd.log'),
    apiServerLog: join(dir, 'kube-apiserver.log'),
  };
}

/**
 * etcd on unix sockets in the private folder: it asks nobody who they are, and on a port every user of the machine could write to it. The
 * advertised URL must be a host and port, and is used by nobody: there is one member, and kube-apiserver is told the socket.
 */
export function etcdArguments(files: ControlPlaneFiles): string[] {
  return [
    `--data-dir=${files.data}`,
    `--listen-client-urls=unix://${files.etcdSocket}`,
    '--advertise-client-urls=http://127.0.0.1:2379',
    `--listen-peer-urls=unix://${files.peerSocket}`,
    // What it holds is thrown away with the run: nothing has to survive a power cut.
    '--unsafe-no-fsync=true',
    '--logger=zap',
    '--log-level=warn',
  ];
}

/**
 * kube-apiserver as controller-runtime's envtest starts it (pkg/internal/testing/controlplane/apiserver.go): RBAC, and no ServiceAccount
 * admission, since nobody makes the `default` service account that it asks for. Names the loopback address as its own, so that a machine
 * without a network does, and registers itself nowhere.
 */
export function apiServerArguments(files: ControlPlaneFiles, port: number): string[] {
  return [
    `--etcd-servers=unix://${files.etcdSocket}`,
    `--cert-dir=${files.certs}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--allow-privileged=true',
    '--disable-admission-plugins=ServiceAccount',
    '--authorization-mode=RBAC',
    `--token-auth-file=${files.tokens}`,
    `--service-account-issuer=https://127.0.0.1:${port}/`,
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
  ];
}
