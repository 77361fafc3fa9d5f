import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';

const VMTOOL = join(import.meta.dirname, '../../bin/vmtool.mjs');

/** What vmtool wrote to stdout, and its exit status. */
export interface Said {
  readonly line: string;
  readonly stdout: string;
  readonly status: number | string;
}

export interface Promised {
  readonly ok: boolean;
  readonly vm?: string;
  readonly state?: string;
  readonly error?: { readonly code: string };
  readonly [answer: string]: unknown;
}

/** Runs vmtool as a person does. */
export function vmtool(...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(process.execPath, [VMTOOL, ...args], (error, stdout) => {
      const status = error === null ? 0 : (error.code ?? error.signal ?? 'unknown');
      resolve({ line: `vmtool ${args.join(' ')}`, stdout, status });
    });
  });
}

/** Asserts that vmtool answered exactly that: one line of JSON, and its exit status. Messages of refusals are free text. */
export function assertAnswer({ line, stdout, status }: Said, promised: Promised, promisedStatus: number): void {
  const said = `${line} answered ${stdout.trim()} with exit status ${status}`;
  expect(stdout, `${said}, which is not one line of JSON`).toMatch(/^\{.*\}\n$/);
  const { error, ...rest } = JSON.parse(stdout);
  const answer = error === undefined ? rest : { ...rest, error: { code: error.code } };
  expect({ answer, status }, said).toEqual({ answer: promised, status: promisedStatus });
  if (error !== undefined) expect(error.message, `${said}, without a message for people`).toMatch(/\S/);
}
