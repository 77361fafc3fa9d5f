import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { ControlPlaneFiles } from './server-arguments.ts';

/** Name of cluster, user and context in the kubeconfig. */
const NAME = 'envtest';

/** Writes what kube-apiserver signs service accounts' tokens with, and the file of the one token that is administrator. */
export async function writeCredentials(files: ControlPlaneFiles, token: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const secret = { mode: 0o600 };
  await writeFile(files.serviceAccountKey, privateKey, secret);
  await writeFile(files.serviceAccountPublicKey, publicKey, secret);
  // token, user, uid, groups (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file)
  await writeFile(files.tokens, `${token},redfirst,redfirst,"system:masters"\n`, secret);
}

/** A kubeconfig (JSON is YAML) of the administrator. @param certificate PEM that the server's certificate is trusted by. */
export function envtestKubeconfig(port: number, certificate: string, token: string): string {
  const authority = Buffer.from(certificate).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: NAME, cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': authority } },
    ],
    users: [{ name: NAME, user: { token } }],
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME } }],
    'current-context': NAME,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
