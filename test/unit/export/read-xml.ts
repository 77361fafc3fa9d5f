import { spawnSync } from 'node:child_process';
import { type SaxesAttributeNS, SaxesParser } from 'saxes';

/** What the tests compare of one case. */
export interface ReadCase {
  readonly suite: string;
  readonly name: string;
  readonly classname: string;
  readonly status: 'passed' | 'failure' | 'error' | 'skipped';
  readonly type: string;
  readonly message: string;
  /** Text of `<failure>`, `<error>` or `<skipped>`. */
  readonly text: string;
  readonly out: string;
  readonly properties: [string, string][];
}

export interface ReadSuite {
  readonly name: string;
  /** tests, failures, errors, skipped */
  readonly counts: readonly string[];
  readonly properties: [string, string][];
}

export interface ReadDocument {
  /** name, tests, failures, errors */
  readonly root: readonly string[];
  readonly suites: readonly ReadSuite[];
  readonly cases: readonly ReadCase[];
}

/** Reads with saxes, in this process; throws for what is not well-formed. */
export function readWithSaxes(xml: string): ReadDocument {
  const suites: ReadSuite[] = [];
  const cases: ReadCase[] = [];
  let root: readonly string[] = [];
  let text = '';
  let inCase = false;
  const parser = new SaxesParser({ xmlns: false });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const get = (key: string): string => {
      const value: string | SaxesAttributeNS | undefined = attributes[key];
      return typeof value === 'string' ? value : '';
    };
    text = '';
    if (name === 'testsuites') root = [get('name'), get('tests'), get('failures'), get('errors')];
    if (name === 'testsuite') {
      const counts = [get('tests'), get('failures'), get('errors'), get('skipped')];
      suites.push({ name: get('name'), counts, properties: [] });
    }
    if (name === 'testcase') {
      inCase = true;
      const suite = suites.at(-1)?.name ?? '';
      cases.push({
        suite,
        name: get('name'),
        classname: get('classname'),
        status: 'passed',
        type: '',
        message: '',
        text: '',
        out: '',
        properties: [],
      });
    }
    if (name === 'failure' || name === 'error' || name === 'skipped') {
      Object.assign(cases.at(-1) ?? {}, { status: name, type: get('type'), message: get('message') });
    }
    if (name === 'property') {
      (inCase ? cases : suites).at(-1)?.properties.push([get('name'), get('value')]);
    }
  });
  const collect = (chunk: string): void => {
    text += chunk;
  };
  parser.on('text', collect);
  parser.on('cdata', collect);
  parser.on('closetag', ({ name }) => {
    if (name === 'testcase') inCase = false;
    if (name === 'failure' || name === 'error' || name === 'skipped') Object.assign(cases.at(-1) ?? {}, { text });
    if (name === 'system-out') Object.assign(cases.at(-1) ?? {}, { out: text });
  });
  parser.write(xml).close();
  return { root, suites, cases };
}

const PYTHON = `
import json, sys, xml.etree.ElementTree as E
root = E.fromstring(sys.stdin.buffer.read())
get = lambda e, k: e.get(k) or ''
props = lambda e: [[get(p, 'name'), get(p, 'value')] for p in e.findall('properties/property')]
suites, cases = [], []
for s in root.findall('testsuite'):
    suites.append({'name': get(s, 'name'), 'counts': [get(s, k) for k in ('tests', 'failures', 'errors', 'skipped')], 'properties': props(s)})
    for c in s.findall('testcase'):
        status, kind, message, text = 'passed', '', '', ''
        for k in ('failure', 'error', 'skipped'):
            p = c.find(k)
            if p is not None: status, kind, message, text = k, get(p, 'type'), get(p, 'message'), p.text or ''
        cases.append({'suite': get(s, 'name'), 'name': get(c, 'name'), 'classname': get(c, 'classname'), 'status': status,
            'type': kind, 'message': message, 'text': text, 'out': c.findtext('system-out') or '', 'properties': props(c)})
json.dump({'root': [get(root, k) for k in ('name', 'tests', 'failures', 'errors')], 'suites': suites, 'cases': cases}, sys.stdout)
`;

/** Reads with expat, through Python's xml.etree; throws for what is not well-formed. */
export function readWithPython(xml: string): ReadDocument {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', PYTHON], {
    input: xml,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ReadDocument;
}

/** Counts with libxml2. */
export function countWithXmllint(xml: string, xpath: string): number {
  const { status, stdout, stderr } = spawnSync('xmllint', ['--xpath', xpath, '-'], { input: xml, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout.trim());
}

/** What xmllint says of a document against a schema: empty when it is valid. */
export function schemaErrors(xml: string, schema: string): string {
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--schema', schema, '-'], {
    input: xml,
    encoding: 'utf8',
  });
  return status === 0 ? '' : stderr;
}

/** Why tests that need a program cannot run, or undefined when they can. */
export function whyWithout(program: string, argument: string, mend: string): string | undefined {
  return spawnSync(program, [argument]).error ? `${program} is not installed (${mend})` : undefined;
}
