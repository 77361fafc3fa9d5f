import { spawn } from 'node:child_process';
import { Refusal } from './refusal.mjs';

const DEADLINE_S = 30;

/**
 * The Kubernetes API, spoken through `kubectl --raw`, which knows how to log in. Paths are those of the API server.
 * Every function throws Refusal `cluster-failed` with the server's own words.
 */
export function connectCluster(env) {
  const kubectl = env.REDFIRST_KUBECTL || 'kubectl';
  const ask = async (verb, path, body) => {
    const args = [verb, '--raw', path, `--request-timeout=${DEADLINE_S}s`, ...(body === undefined ? [] : ['-f', '-'])];
    const { status, stdout, stderr } = await run(kubectl, args, body === undefined ? '' : JSON.stringify(body));
    if (status === 0) return stdout.trim() === '' ? undefined : JSON.parse(stdout);
    const { reason, message } = readError(stderr, status);
    throw Object.assign(new Refusal('cluster-failed', message), { reason });
  };
  return {
    /** The object at a path; `undefined` where there is none of that name. */
    get: (path) => ask('get', path).catch(undefinedWhereAbsent),
    create: (path, object) => ask('create', path, object),
    /** For subresources: a PUT, whose answer may be empty. */
    put: (path, body = {}) => ask('replace', path, body),
    /** `undefined` where there was none of that name. */
    remove: (path, options = {}) => ask('delete', path, options).catch(undefinedWhereAbsent),
  };
}

/** What the API server says of an object that is not there; of a kind that is not there it says something else. */
function undefinedWhereAbsent(error) {
  if (error.reason === 'NotFound' && /"[^"]*" not found$/.test(error.message)) return undefined;
  throw error;
}

/** `Error from server (Reason): message` where the server answered; else all that kubectl said. */
function readError(stderr, status) {
  const text = stderr.trim();
  const [, reason, message] = /^Error from server \((\w+)\): ([\s\S]*)$/m.exec(text) ?? [];
  return { reason, message: message ?? (text === '' ? `kubectl ended with ${status}` : text) };
}

function run(program, args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', (error) => reject(new Refusal('cluster-failed', `${program}: ${error.message}`)));
    child.once('close', (code, signal) => resolve({ status: code ?? signal, stdout, stderr }));
    // kubectl may end without reading.
    child.stdin.on('error', () => undefined).end(input);
  });
}
