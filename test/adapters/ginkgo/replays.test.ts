import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GoRunReport, readGoRun } from '../../../src/suite/go/read-go-run.ts';
import { makeFolder, removeFolder } from '../../unit/suite/suite-lab.ts';
import { NO_SHARED_DATA, sharedData } from '../shared-data.ts';

interface Found {
  readonly build?: readonly string[];
  readonly states?: Readonly<Record<string, number>> | null;
  readonly failed?: readonly {
    readonly text: string;
    readonly state: string;
    readonly node: string;
    readonly leaf: string;
  }[];
}
interface Replay {
  readonly packages: readonly string[];
  readonly runs: Readonly<Record<string, { readonly exit: number | null }>>;
  readonly personFound: { readonly byPackage: Readonly<Record<string, Readonly<Record<string, Found>>>> };
}

const folder = sharedData('kubevirt-replays');
let work: string;
beforeAll(() => {
  work = makeFolder();
});
afterAll(() => removeFolder(work));
beforeEach((ctx) => ctx.skip(folder === undefined, NO_SHARED_DATA));

const cases = folder === undefined ? [] : readdirSync(folder).filter((name) => /^\d+$/.test(name));
const runs = cases.flatMap((name) =>
  readdirSync(join(folder ?? '', name))
    .filter((file) => file.endsWith('.gotest.json.gz'))
    .map((file) => [name, file.replace('.gotest.json.gz', '')] as const),
);

const replay = (name: string): Replay =>
  JSON.parse(readFileSync(join(folder ?? '', name, 'case.json'), 'utf8')) as Replay;
const packageOf = (name: string, run: string): string | undefined =>
  replay(name).packages.find((one) => run.endsWith(`.${one.replaceAll('/', '_')}`));

async function read(name: string, run: string): Promise<GoRunReport> {
  for (const kind of ['gotest', 'ginkgo']) {
    const from = join(folder ?? '', name, `${run}.${kind}.json.gz`);
    if (existsSync(from)) writeFileSync(join(work, `${name}.${run}.${kind}`), gunzipSync(readFileSync(from)));
  }
  return readGoRun({
    gotest: join(work, `${name}.${run}.gotest`),
    ginkgo: join(work, `${name}.${run}.ginkgo`),
    folder: packageOf(name, run) ?? '',
    suite: 'unit',
    attempt: 1,
    end: { cause: 'exited', code: replay(name).runs[run]?.exit ?? 0 },
    expectGinkgo: true,
  });
}

test('there are replays, or their absence is said', () => {
  expect(runs.length).toBe(69);
});

describe.skipIf(folder === undefined)('recorded runs of KubeVirt', () => {
  test.each(runs)('%s %s', async (name, run) => {
    const report = await read(name, run);
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.suiteFailures).toEqual([]);
    expect(report.expectedExit).toBe(replay(name).runs[run]?.exit === 0 ? 'zero' : 'nonzero');
    // Nothing of ours lies outside the repository: a case's place is what the change's lines are compared with.
    const own = packageOf(name, run) ?? '';
    for (const { name: case_, place, file } of report.observations) {
      if (case_.includes(' :: ')) expect(`${place?.file} ${file}`).toContain(`${own}/`);
    }
    const found = replay(name).personFound.byPackage[own]?.[run.split('.')[0] ?? ''];
    if (found === undefined) return;
    const counts: Record<string, number> = {};
    for (const { name: case_, outcome } of report.observations) {
      if (case_.includes(' :: ')) counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    const { passed = 0, failed = 0, panicked = 0, pending = 0 } = found.states ?? {};
    if (found.states !== null && Object.keys(found.states ?? {}).length > 0) {
      expect(counts).toEqual(
        Object.fromEntries(
          Object.entries({ passed, failed, errored: panicked, skipped: pending }).filter(([, count]) => count > 0),
        ),
      );
    }
    const failures = report.observations.filter(
      ({ name: case_, outcome }) => case_.includes(' :: ') && outcome !== 'passed' && outcome !== 'skipped',
    );
    expect(
      failures
        .map((one) => [one.name.replace(/^.* :: /, ''), `${one.place?.file}:${one.place?.line}`, one.where])
        .sort(),
    ).toEqual((found.failed ?? []).map(({ text, leaf }) => [text.replaceAll(' | ', ' > '), leaf, 'body']).sort());
    // Build errors line by line, each a missing name with its place.
    const errors = (found.build ?? []).filter((line) => !line.startsWith('#'));
    const missing = report.observations.flatMap(({ failure }) => failure?.missing ?? []);
    if (errors.length > 0) {
      expect(missing.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual(
        errors.map((line) => line.split(': ')[0]),
      );
    }
  });
});

describe('what is special', () => {
  const failing = async (name: string, run: string) =>
    (await read(name, run)).observations.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'skipped');

  test('17475: gomock fails in production code, and the case keeps its own place', async () => {
    const found = await failing('17475', 'R.pkg_virt-api_rest');
    expect(found).toHaveLength(5);
    for (const one of found) {
      expect(one).toMatchObject({ outcome: 'failed', where: 'body', failure: { kind: 'assertion' } });
      expect(one.failure?.message).toMatch(/^Unexpected call to \*kubecli\.MockVirtualMachineInterface\.PatchStatus/);
      expect(one.failure?.location?.file).toBe('pkg/virt-api/rest/subresource_test.go');
      expect(one.additional?.map(({ where }) => where)).toEqual(['teardown']);
    }
  });

  test('18103: a shared helper fails the case, AfterEach fails as well', async () => {
    const [only] = await failing('18103', 'R.pkg_virt-controller_watch_migration');
    expect(only).toMatchObject({
      where: 'body',
      failure: {
        kind: 'assertion',
        location: { file: 'pkg/virt-controller/watch/migration/migration_test.go', line: 192 },
      },
    });
    expect(only?.additional?.map(({ where }) => where)).toEqual(['teardown']);
  });

  test("16585: a panic in the case's own body", async () => {
    const [only] = await failing('16585', 'R.pkg_virt-controller_watch_pool');
    expect(only).toMatchObject({
      outcome: 'errored',
      where: 'body',
      failure: {
        kind: 'panic',
        type: 'runtime error',
        message: 'runtime error: invalid memory address or nil pointer dereference',
        location: { file: 'pkg/virt-controller/watch/pool/pool_test.go', line: 724 },
        ownBody: true,
      },
    });
  });

  test('16517: plain Go tests beside a ginkgo suite without cases', async () => {
    const report = await read('16517', 'R.staging_src_kubevirt.io_client-go_log');
    expect(report.observations).toHaveLength(25);
    expect(report.observations.filter(({ outcome }) => outcome === 'failed')).toEqual([
      expect.objectContaining({
        name: 'kubevirt.io/client-go/log.TestInfofVerbosity',
        file: 'staging/src/kubevirt.io/client-go/log/log_test.go',
        where: 'body',
        failure: expect.objectContaining({ kind: 'assertion' }),
      }),
    ]);
  });

  test('18510: a call that does not fit the signature yet', async () => {
    const [only] = await failing('18510', 'R.pkg_storage_admitters');
    expect(only?.failure).toMatchObject({
      kind: 'compile',
      missing: [
        {
          name: 'admitters.NewVMRestoreAdmitter',
          kind: 'signature',
          file: 'pkg/storage/admitters/vmrestore_test.go',
          line: 763,
          column: 40,
        },
      ],
    });
  });
});
