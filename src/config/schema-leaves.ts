import { RE2JS } from 're2js';
import * as z from 'zod';
import { DURATION, parseDuration } from './duration.ts';

/**
 * The small values that configuration is made of. Each refusal's message completes the sentence `<value> is not …`;
 * `examples` are shown after it and offered by editors.
 */

export const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What redfirst itself decides for a suite; a scenario that set them would reach clusters, agents or reports that are not its own. */
const RESERVED_ENV = /^(?:REDFIRST_.*|KUBECONFIG|HOME|SSH_AUTH_SOCK)$/;

export const sentence = (description: string) => z.string().trim().min(1).meta({ description });

export const label = (description: string, examples: string[]) =>
  z
    .string()
    .regex(LABEL, 'a name of lower-case letters, digits and inner hyphens, 63 at most (a DNS-1123 label)')
    .meta({ description, examples });

export const duration = (description: string) =>
  z
    .string()
    .regex(DURATION, 'a duration')
    .refine((text) => !DURATION.test(text) || parseDuration(text) !== undefined, 'between 1ms and 24h')
    .meta({
      description: `${description} A whole number with its unit: ms, s, m or h; 24h at most.`,
      examples: ['500ms', '3s', '2m', '1h'],
    });

/** A pattern in RE2 syntax (linear time, no look-around, no back-references), unanchored. */
export const pattern = (description: string) =>
  z
    .string()
    .min(1)
    .max(1000)
    .superRefine((text, context) => {
      const why = re2Problem(text);
      if (why === undefined) return;
      context.addIssue({
        code: 'custom',
        message: `a valid RE2 pattern: ${why}`,
        params: { next: 'RE2 has no look-around and no back-references: https://github.com/google/re2/wiki/Syntax' },
      });
    })
    .meta({ description: `${description} An RE2 pattern, unanchored.` });

/** Why a text is no RE2 pattern; undefined where it is one. */
export function re2Problem(text: string): string | undefined {
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    return String((error as Error).message).replace(/^error parsing regexp: /, '');
  }
}

/** A path below the repository's root. */
export const path = (description: string) =>
  z
    .string()
    .min(1)
    .refine((text) => !isAbsolute(text), 'a path inside the repository: it is absolute')
    .refine((text) => !text.split(/[\\/]/).includes('..'), 'a path inside the repository: it has ".."')
    .refine((text) => !text.startsWith('-'), 'a path: it starts with "-", as an option does')
    .meta({ description });

function isAbsolute(text: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:[\\/]|~(?:[\\/]|$))/.test(text);
}

/** A folder of redfirst's own files; plain, because path rules are made of it. */
export const folder = (description: string, examples: string[]) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, "a folder below the repository's root")
    .meta({ description, examples });

/** A gitignore glob. Here every rule names a role, so what only makes sense in a list of things to ignore is refused. */
export const glob = z
  .string()
  .min(1)
  .refine((text) => !text.startsWith('!'), 'a glob here: "!" has no meaning where every rule gives a role')
  .refine((text) => !text.startsWith('#'), 'a glob: "#" starts a comment; write "\\#" for the character')
  .refine((text) => !text.split('/').includes('..'), 'a glob inside the repository: it has ".."')
  .refine((text) => text.trim() === text, 'a glob: it has blanks at an end')
  .meta({
    description: 'A gitignore glob: without a slash it matches at any depth, with one from the root.',
    examples: ['*_test.go', 'docs/**'],
  });

export const argv = (description: string) =>
  z
    .array(z.string())
    .min(1)
    .refine((list) => list[0] !== '', 'a command: its program has no name')
    .meta({ description });

export const revision = (description: string) =>
  z
    .string()
    .min(1)
    .refine((text) => !/^-|[\s~^:?*[\\]|\.\./.test(text), 'the name of a branch, tag or commit')
    .meta({ description, examples: ['main', 'origin/main'] });

export const envName = z.string().regex(ENV_NAME, 'the name of an environment variable');

export const environment = (description: string) =>
  z
    .record(
      envName.refine((name) => !RESERVED_ENV.test(name), 'free to set: redfirst sets it itself'),
      z.string().meta({ description: 'The value, as text.' }),
    )
    .meta({ description });
