/**
 * Canonical JSON (RFC 8785, integers only): object members sorted by UTF-16 code units, no white space,
 * strings as `JSON.stringify` writes them. Members that are `undefined` are left out.
 *
 * @throws {TypeError} on anything that has no canonical form: fractions, unsafe integers, lone surrogates,
 *   functions, bigints. That is a bug of the caller, since every event type holds integers and strings only.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`no canonical form for the number ${value}`);
    return Object.is(value, -0) ? '0' : String(value);
  }
  if (typeof value === 'string') return canonicalString(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const record = value as Record<string, unknown>;
    const members = Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .sort()
      .map((key) => `${canonicalString(key)}:${canonicalJson(record[key])}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`no canonical form for a ${typeof value}`);
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('no canonical form for a string with a lone surrogate');
  return JSON.stringify(text);
}
