import { readFileSync } from 'node:fs';
import { request } from 'node:https';

const DEADLINE_MS = 5000;

/** The certificate that kube-apiserver has made for itself, with its authority (PEM); undefined until it is written whole. */
export function readCertificate(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.trimEnd().endsWith('-----END CERTIFICATE-----') ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What `/readyz` of a server on the loopback address has to say; undefined where it is ready. Asked over TLS that trusts the server's own
 * certificate alone.
 */
export function whyNotReady(port: number, certificate: string, secret: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const target = { host: '127.0.0.1', port, path: '/readyz', ca: certificate, signal, agent: false as const };
    const call = request({ ...target, headers: { authorization: `Bearer ${secret}` } }, (response) => {
      response.resume();
      // Which check is behind changes many times a second, and is nobody's business while there is hope.
      resolve(response.statusCode === 200 ? undefined : `it answers ${response.statusCode}`);
    });
    call.on('error', () => resolve('it does not answer'));
    call.end();
  });
}
