import type { PresetName } from './presets.ts';
import { API_VERSION } from './profile-schema.ts';
import { SCHEMA_FILES, type SchemaName, schemaText } from './schema-json.ts';

export interface InitFile {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly text: string;
}

export interface InitOptions {
  /** Names of the features to write a first scenario for (DNS-1123 labels, checked by the caller). */
  readonly features: readonly string[];
  readonly preset: PresetName;
}

/**
 * The files that `redfirst init` writes: configuration, a first scenario for each feature, two profiles, and the JSON Schemas
 * that let an editor complete and check them offline. The caller decides what happens to files that exist already.
 */
export function initFiles({ features, preset }: InitOptions): InitFile[] {
  return [
    { path: 'redfirst.yaml', text: configText(preset) },
    ...features.map((feature) => ({ path: `scenarios/${feature}/scenario.yaml`, text: scenarioText(feature, preset) })),
    { path: 'clusters/host.yaml', text: hostText() },
    { path: 'clusters/qemu.yaml', text: qemuText() },
    ...(['config', 'scenario', 'profile'] as const).map((which) => ({
      path: `scenarios/.schema/${SCHEMA_FILES[which]}`,
      text: schemaText(which),
    })),
  ];
}

/** The first two lines of a file: where editors find the schema, and the version. */
function head(which: SchemaName, toSchemas: string): string {
  return `# yaml-language-server: $schema=${toSchemas}/${SCHEMA_FILES[which]}\napiVersion: ${API_VERSION}\n`;
}

function configText(preset: PresetName): string {
  return `${head('config', 'scenarios/.schema')}
# Features branch from here; the base of a feature is its merge base with this revision.
base: main

# Every changed path has a role; the last glob that matches gives it. Tests stay as they are from red to green,
# implementation is absent at red, support (manifests, vendored code) may change on both sides, neutral is no evidence.
# A path without a role is refused by name, so add what the preset does not know:
paths:
  - preset: ${preset}
  # - tests: [hack/testdata/**]
  # - neutral: [design/**]

policy:
  # The least evidence that \`redfirst prove\` accepts. A is 4 red and 3 green attempts of each suite, and alone is called
  # proven; C is one of each.
  grade: C

# Environment variables whose values never reach the record, a report or a bundle:
redact: []
`;
}

function hostText(): string {
  return `${head('profile', '../scenarios/.schema')}
# A process on this machine. Its realism grade is empty: good for unit tests and most contract tests.
provider: host
`;
}

function qemuText(): string {
  return `${head('profile', '../scenarios/.schema')}
# A real QEMU of this machine. Its grade is vmm once a probe guest has booted; \`redfirst doctor qemu\` tries it.
provider: qemu
binary: qemu-system-x86_64
# auto takes kvm where a guest really boots on it, and tcg elsewhere: an existing /dev/kvm proves nothing.
accelerator: auto
machine: q35
probeDeadline: 30s
`;
}

interface SuiteLines {
  readonly contract: string;
  readonly integration: string;
  readonly e2e: string;
  readonly unit: string;
}

function goSuite(files: string): string {
  return `    runner: go-test\n    select: {files: [${files}]}\n`;
}

function vitestSuite(files: string): string {
  return `    runner: vitest\n    select: {files: [${files}]}\n`;
}

function pytestSuite(files: string): string {
  return `    runner: pytest\n    select: {files: [${files}]}\n`;
}

function ginkgoSuite(files: string): string {
  return `    runner: ginkgo\n    select: {files: [${files}]}\n`;
}

function suitesOf(feature: string, preset: PresetName): SuiteLines {
  const python = feature.replaceAll('-', '_');
  const go = feature.replaceAll('-', '');
  switch (preset) {
    case 'typescript':
      return {
        contract: vitestSuite(`test/contract/${feature}.test.ts`),
        integration: vitestSuite(`test/integration/${feature}.test.ts`),
        e2e: vitestSuite(`test/e2e/${feature}.test.ts`),
        unit: vitestSuite(`test/unit/${feature}.test.ts`),
      };
    case 'python':
      return {
        contract: pytestSuite(`tests/contract/test_${python}.py`),
        integration: pytestSuite(`tests/integration/test_${python}.py`),
        e2e: pytestSuite(`tests/e2e/test_${python}.py`),
        unit: pytestSuite(`tests/unit/test_${python}.py`),
      };
    case 'go':
      return {
        contract: goSuite('./api/...'),
        integration: goSuite('./test/integration/...'),
        e2e: goSuite('./test/e2e/...'),
        unit: goSuite(`./pkg/${go}/...`),
      };
    case 'kubevirt':
      return {
        contract: ginkgoSuite('./pkg/virt-api/webhooks/...'),
        integration: ginkgoSuite('./pkg/virt-controller/watch/...'),
        e2e: ginkgoSuite(`./tests/${go}/...`),
        unit: ginkgoSuite('./pkg/virt-launcher/virtwrap/...'),
      };
  }
}

function scenarioText(feature: string, preset: PresetName): string {
  const suites = suitesOf(feature, preset);
  return `${head('scenario', '../.schema')}
# The specification of ${feature}'s tests. Write it, and the tests it names, before the code.
# Every field is explained by the schema (hover in an editor) and in docs/scenario-reference.md of redfirst.
feature: ${asText(feature)}
# feature, bugfix, refactor or graduation (of a feature gate); decides what a proof must show.
kind: feature

problem: >-
  Say what is missing or wrong today, and for whom, to somebody who does not know this feature.

stories:
  - as: user of ${feature}
    want: what they want to do
    so: what they gain by it

# Each criterion needs at least one case that fails without the code (a driver). A test belongs to a criterion by
# \`cases\` here, or by carrying the id in its own name or label.
criteria:
  - id: AC-1
    text: One thing that must be so, as somebody can see it from outside.
    # cases: [{suite: contract, match: 'rejects an unknown field'}]

nonFunctional: []
# - Pausing a guest takes no longer than before.
integrationPoints: []
# - virt-api's admission webhooks

# Roles of paths that belong to this feature alone; redfirst.yaml has the others.
paths: []
# - tests: [testdata/${feature}/**]

# Commands that prepare a fresh worktree, run once for each content of their inputs.
setup: []
# - {name: npm-ci, run: [npm, ci], inputs: [package-lock.json], outputs: [node_modules], deadline: 10m}

# Run in the order contract, integration, e2e, unit; a later suite never starts before the earlier one is finished.
suites:
  contract:
${suites.contract}    # Cases that pass without the feature. They show that the suite works at all.
    # controls: ['^lists existing objects$']
    # What drivers must fail with, where an assertion's own failure says too little:
    # red: {class: unknown-field, pattern: 'unknown field "spec\\.pause"'}
    # Cases that are green at red time on purpose:
    # roles: [{match: 'rejects a negative timeout', role: guard}]
  integration:
${suites.integration}    deadline: 10m
  e2e:
${suites.e2e}    # Where it runs, and what that place must be found to have: a QEMU that really boots a guest.
    profile: qemu
    grade: [vmm]
    # C is one attempt each way; A is four red and three green, for what can afford it.
    evidence: C
    deadline: 20m
  unit:
${suites.unit}
# The feature gate that it stands behind, where there is one:
# gate: {name: ${pascal(feature)}, default: off}

# Deadline of a whole run:
deadline: 60m
`;
}

/** Quotes a name that YAML would read as a number, a truth value or nothing. */
function asText(name: string): string {
  return /^(?:[0-9].*|true|false|null)$/.test(name) ? `"${name}"` : name;
}

function pascal(feature: string): string {
  const words = feature.split('-').filter((word) => word !== '');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^[0-9]/.test(name) ? `Feature${name}` : name;
}
