import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ASSETS, NO_ASSETS } from '../../environments/envtest-assets.ts';
import { createLab, type Lab } from '../lab.ts';

/** Each run of the program starts an API server, on a machine that may be busy. */
const TIMEOUT_MS = 300_000;

/** A feature of an API: a guest's memory must be a quantity. What implements it is a schema. */
const crd = (memory: string): string => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: guests.test.redfirst.dev }
spec:
  group: test.redfirst.dev
  scope: Namespaced
  names: { kind: Guest, plural: guests }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { spec: { type: object, properties: { memory: ${memory} } } }
`;

const TEST = `import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test, { before } from 'node:test';

const { REDFIRST_KUBECTL, REDFIRST_NAMESPACE } = process.env;
const kubectl = (args, input) => spawnSync(REDFIRST_KUBECTL, args, { input, encoding: 'utf8' });
const create = (name, memory) =>
  kubectl(['--namespace', REDFIRST_NAMESPACE, 'create', '--filename=-'], JSON.stringify({
    apiVersion: 'test.redfirst.dev/v1', kind: 'Guest', metadata: { name }, spec: { memory },
  }));

before(() => {
  assert.equal(kubectl(['apply', '--filename=config/crd.yaml']).status, 0);
  assert.equal(kubectl(['wait', '--for=condition=Established', 'crd/guests.test.redfirst.dev', '--timeout=60s']).status, 0);
});
test('takes a quantity', () => assert.equal(create('good', '64Mi').status, 0));
test('refuses what is no quantity', () => assert.match(create('bad', 'plenty').stderr, /spec.memory: Invalid value/));
`;

const SCENARIO = `apiVersion: redfirst.dev/v1
feature: guest-memory
kind: bugfix
problem: A guest is taken whose memory is no quantity.
criteria:
  - { id: AC-1, text: memory is a quantity, cases: [{ suite: contract, match: refuses }] }
paths:
  - implementation: ['config/**']
  - tests: ['tests/**']
suites:
  contract:
    runner: node-test
    select: { files: [tests/contract.test.mjs] }
    profile: envtest
    grade: [api]
    evidence: C
    deadline: 120s
    controls: [takes a quantity]
`;

describe('a suite on an API server', () => {
  let lab: Lab;
  beforeEach((ctx) => {
    ctx.skip(ASSETS === undefined, NO_ASSETS);
    lab = createLab({ KUBEBUILDER_ASSETS: ASSETS ?? '' });
    lab.commit('base', {
      'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\n',
      'clusters/envtest.yaml': 'apiVersion: redfirst.dev/v1\nprovider: envtest\nstartDeadline: 3m\n',
      'config/crd.yaml': crd('{ type: string }'),
    });
    lab.git('switch', '--quiet', '--create', 'guest-memory');
    lab.commit('tests', {
      'scenarios/guest-memory/scenario.yaml': SCENARIO,
      'tests/contract.test.mjs': TEST,
    });
  });
  afterEach(() => lab?.remove());

  it(
    'is red for want of a schema and green because of it, and leaves no process and no folder',
    () => {
      const red = lab.json('red', 'guest-memory');
      expect(red).toMatchObject({ exit: 0, document: { verdict: { code: 'red/valid' } } });
      expect(red.document.cases).toMatchObject([
        { role: 'driver', code: 'red/assertion', detail: expect.stringContaining('spec.memory: Invalid value') },
        { role: 'control', code: 'control-passed' },
      ]);
      expect(lab.redfirst('show').stdout).toContain('on envtest, grade api');
      lab.commit('a schema', { 'config/crd.yaml': crd("{ type: string, pattern: '^[0-9]+(Ki|Mi|Gi)?$' }") });
      const green = lab.json('green', 'guest-memory');
      expect(green).toMatchObject({ exit: 0, document: { verdict: { code: 'green/passed' } } });
      expect(readdirSync(lab.temporary)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'proves nothing where the suite wants more than an API',
    () => {
      lab.commit('a grade too high', {
        'scenarios/guest-memory/scenario.yaml': SCENARIO.replace('[api]', '[cluster]'),
      });
      expect(lab.json('red', 'guest-memory')).toMatchObject({
        exit: 1,
        document: { verdict: { code: 'below-grade', detail: 'contract: the environment lacks cluster' } },
      });
      expect(readdirSync(lab.temporary)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
