import { styleText } from 'node:util';

/** What a piece of text tells; each has one colour. */
export type Tone = 'good' | 'bad' | 'doubtful' | 'quiet' | 'strong';

/** Paints text, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

const FORMATS = { good: 'green', bad: 'red', doubtful: 'yellow', quiet: 'dim', strong: 'bold' } as const;

/** Colour is for a terminal whose user does not refuse it (https://no-color.org). */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** A painter that paints only where colour is wanted. */
export function createPaint(colour: boolean): Paint {
  // The stream was judged before, by `wantsColour`; newer versions of Node would look at stdout once more.
  return colour ? (tone, text) => styleText(FORMATS[tone], text, { validateStream: false }) : (_tone, text) => text;
}

/** The tone of a verdict's code. */
export function toneOf(code: string): Tone {
  if (code.startsWith('red/') || code.startsWith('green/') || code.endsWith('-passed')) return 'good';
  return code === 'role-pending' || code === 'untouched' || code === 'not-run' ? 'doubtful' : 'bad';
}
