import { inspect } from 'node:util';
import { type RedactionRule, RULE_WORDS, RULES } from './redaction-rules.ts';

/** A secret by value, e.g. of an environment variable; `name` is shown in its place. */
export interface NamedSecret {
  readonly name: string;
  readonly value: string;
}

/** One cut, in bytes of the original. */
export interface Cut {
  readonly rule: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Shorter values are words of the language, not secrets: cutting them would shred the evidence. */
export const SHORTEST_SECRET = 6;

interface Needle {
  readonly rule: string;
  readonly bytes: string;
}

/** A span of bytes that goes, with what continues it past the end of memory. */
interface Span {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  readonly continues?: RegExp;
}

/** What is looked for: the rules, and each secret in the forms of `formsOf`. */
export class Redactor {
  readonly #needles: readonly Needle[];
  /** Length in bytes of the longest secret form. */
  readonly longest: number;

  constructor(secrets: readonly NamedSecret[] = []) {
    const needles = secrets
      .filter(({ value }) => value.length >= SHORTEST_SECRET)
      .flatMap(({ name, value }) => formsOf(value).map((form) => ({ rule: `secret:${name}`, bytes: toBytes(form) })));
    this.#needles = needles.sort((a, b) => b.bytes.length - a.bytes.length);
    this.longest = this.#needles[0]?.bytes.length ?? 0;
  }

  /** Whether a secret's value stands in the text: the quick look at names, which no rule applies to. */
  hasSecret(text: string): boolean {
    if (this.#needles.length === 0) return false;
    const bytes = toBytes(text);
    return this.#needles.some((needle) => bytes.includes(needle.bytes));
  }

  /** The text without the values of secrets; rules are not applied. */
  redactSecrets(text: string): string {
    return this.hasSecret(text) ? this.#redact(text, []) : text;
  }

  /** The text without what the rules and the secrets name; the same text when there is nothing. */
  redactText(text: string): string {
    const suspicious = RULE_WORDS.test(text);
    return suspicious || this.hasSecret(text) ? this.#redact(text, suspicious ? RULES : []) : text;
  }

  #redact(text: string, rules: readonly RedactionRule[]): string {
    const bytes = toBytes(text);
    let kept = '';
    let from = 0;
    for (const span of this.spans(bytes, rules)) {
      kept += `${bytes.slice(from, span.start)}${replacement(span.rule)}`;
      from = span.end;
    }
    return from === 0 && kept === '' ? text : Buffer.from(kept + bytes.slice(from), 'latin1').toString('utf8');
  }

  /** Everything to cut in a latin1 text, in order, without overlaps: what overlaps is one cut under the first rule's name. */
  spans(bytes: string, rules: readonly RedactionRule[] = RULES): Span[] {
    const found: Span[] = [];
    for (const { rule, bytes: needle } of this.#needles) {
      for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) {
        found.push({ rule, start: at, end: at + needle.length });
      }
    }
    for (const rule of rules) {
      for (const match of bytes.matchAll(rule.pattern)) {
        const start = match.index + (match[1]?.length ?? 0);
        const end = match.index + match[0].length;
        found.push({
          rule: rule.name,
          start,
          end,
          ...(rule.continues === undefined ? {} : { continues: rule.continues }),
        });
      }
    }
    found.sort((a, b) => a.start - b.start || b.end - a.end);
    const merged: Span[] = [];
    for (const span of found) {
      const last = merged.at(-1);
      if (last === undefined || span.start >= last.end) merged.push(span);
      else if (span.end > last.end) {
        const { continues } = span;
        merged[merged.length - 1] = {
          rule: last.rule,
          start: last.start,
          end: span.end,
          ...(continues ? { continues } : {}),
        };
      }
    }
    return merged;
  }
}

/** What stands in the place of a cut. */
export function replacement(rule: string): string {
  return `[redacted:${rule}]`;
}

/** One text at a time; see `Redactor.redactText`. */
export function redactText(text: string, secrets: readonly NamedSecret[] = []): string {
  return new Redactor(secrets).redactText(text);
}

/**
 * A secret as it is, as Node shows it in a message, both JSON-escaped once and twice (our reporters write messages in JSON,
 * and a message may quote JSON) and XML-escaped (a report is kept as the runner wrote it), percent-encoded and in base64.
 */
function formsOf(value: string): string[] {
  const clean = value.toWellFormed();
  const shown = [clean, inspect(clean, { maxStringLength: null, breakLength: Number.POSITIVE_INFINITY }).slice(1, -1)];
  const escaped = shown.flatMap((text) => [text, ...xmlForms(text)]);
  const inJson = escaped.map(insideJson);
  return [
    ...new Set([
      ...escaped,
      ...inJson,
      ...inJson.map(insideJson),
      encodeURIComponent(clean),
      Buffer.from(clean, 'utf8').toString('base64'),
    ]),
  ];
}

function insideJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Writers differ in which quotes they escape, and how. */
function xmlForms(text: string): string[] {
  const content = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const strict = content.replaceAll('>', '&gt;');
  return [content, strict].flatMap((form) => {
    const quoted = form.replaceAll('"', '&quot;');
    return [form, quoted, ...['&apos;', '&#39;', '&#x27;'].map((mark) => quoted.replaceAll("'", mark))];
  });
}

/** UTF-8 with one UTF-16 unit a byte, so that regular expressions see bytes and indexes are byte offsets. */
function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
