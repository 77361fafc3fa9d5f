import type { PathRule } from '../domain/scenario.ts';
import type { PathRole } from '../domain/vocabulary.ts';

/** Path rules for common repositories. What no rule names is refused with its name, so none of them ends in a catch-all. */
export const PRESET_NAMES = ['go', 'typescript', 'python', 'kubevirt'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

function rules(role: PathRole, globs: string): PathRule[] {
  return globs
    .split(/\s+/)
    .filter((glob) => glob !== '')
    .map((glob) => ({ glob, role }));
}

const NEUTRAL = `*.md docs/** LICENSE LICENSE.txt LICENSE-* LICENSES/** NOTICE NOTICE.txt .github/** .gitignore .gitattributes .mailmap .editorconfig .vscode/** .idea/**
  CODEOWNERS SECURITY_CONTACTS`;

/** After the tests, since every folder of a Kubernetes project has them. */
const OWNERS = rules('neutral', 'OWNERS OWNERS_ALIASES');

const GO_GENERATED = `zz_generated* *.pb.go *.pb.gw.go generated_mock_*.go *_generated.go`;
const GO_SUPPORT = 'go.mod go.sum go.work go.work.sum vendor/** **/vendor/**';

const GO: readonly PathRule[] = [
  ...rules('implementation', '*.go *.proto *.s *.c *.h *.tmpl cmd/** pkg/** internal/** api/**'),
  ...rules('neutral', NEUTRAL),
  ...rules(
    'support',
    'Makefile *.mk Dockerfile* Containerfile* hack/** .golangci.y*ml .goreleaser.y*ml /tools.go BUILD.bazel',
  ),
  ...rules(
    'tests',
    '*_test.go **/testdata/** **/testutil/** **/testutils/** **/testing/** test/** tests/** mock_*.go *_mock.go',
  ),
  ...rules('generated', GO_GENERATED),
  ...rules('support', GO_SUPPORT),
  ...OWNERS,
];

const TYPESCRIPT: readonly PathRule[] = [
  ...rules(
    'implementation',
    '*.ts *.tsx *.mts *.cts *.js *.jsx *.mjs *.cjs *.vue *.svelte *.css *.scss *.html src/** lib/**',
  ),
  ...rules('neutral', NEUTRAL),
  ...rules(
    'support',
    'tsconfig*.json jsconfig*.json /*.config.* packages/*/*.config.* .eslintrc* biome.json* .prettierrc* .npmrc .nvmrc .swcrc',
  ),
  ...rules('generated', '*.generated.ts *.gen.ts **/__generated__/**'),
  ...rules('tests', '*.test.* *.spec.* *.snap **/__tests__/** **/__mocks__/** **/__snapshots__/** **/__fixtures__/**'),
  ...rules('tests', '**/fixtures/** test/** tests/** e2e/** packages/*/test/** packages/*/tests/**'),
  ...rules(
    'support',
    'package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml bun.lock*',
  ),
  ...OWNERS,
];

const PYTHON: readonly PathRule[] = [
  ...rules('implementation', '*.py *.pyi *.pyx *.pxd src/**'),
  ...rules('neutral', NEUTRAL),
  ...rules('generated', '*_pb2.py *_pb2.pyi *_pb2_grpc.py'),
  ...rules('tests', 'test_*.py *_test.py conftest.py **/test/** **/tests/** **/testdata/** **/fixtures/**'),
  ...rules(
    'support',
    'pyproject.toml setup.py setup.cfg requirements*.txt requirements*.in constraints*.txt MANIFEST.in',
  ),
  ...rules(
    'support',
    'poetry.lock uv.lock pdm.lock Pipfile Pipfile.lock tox.ini noxfile.py pytest.ini mypy.ini ruff.toml',
  ),
  ...OWNERS,
];

/**
 * The tree of kubevirt/kubevirt (2026): every file of it has a role. Helpers that only tests import lie beside the code
 * (`testing/`, `fake/`, `testutils/`); clientsets are generated, but their expansions are written by hand.
 */
const KUBEVIRT: readonly PathRule[] = [
  ...rules('implementation', '/doc.go api/** cmd/** pkg/** staging/** manifests/** tools/**'),
  ...rules('neutral', `${NEUTRAL} assets/** .coderabbit.yaml .fossa.yml .snyk .rsynctemp examples/README.md`),
  ...rules(
    'support',
    'automation/** bazel/** containerimages/** hack/** images/** kubevirtci/** rpm/** third_party/**',
  ),
  ...rules(
    'tests',
    'tests/** *_test.go *_test_utils.go mock_*.go **/testdata/** **/testing/** **/fake/** **/testutils/**',
  ),
  ...rules('tests', 'staging/src/kubevirt.io/api/apitesting/** cmd/fake-*/** cmd/test-helpers/** manifests/testing/**'),
  ...rules('generated', `${GO_GENERATED} api/openapi-spec/** api/*.list manifests/generated/** examples/*.yaml`),
  ...rules('generated', 'staging/src/kubevirt.io/api/apitesting/testdata/HEAD/**'),
  ...rules(
    'generated',
    'staging/src/kubevirt.io/client-go/kubevirt/** staging/src/kubevirt.io/client-go/containerizeddataimporter/**',
  ),
  ...rules(
    'generated',
    'staging/src/kubevirt.io/client-go/prometheusoperator/** staging/src/kubevirt.io/client-go/externalsnapshotter/**',
  ),
  ...rules('generated', 'staging/src/kubevirt.io/client-go/networkattachmentdefinitionclient/**'),
  ...rules('implementation', 'staging/src/kubevirt.io/client-go/kubevirt/**/*expansion.go'),
  ...rules('generated', 'staging/src/kubevirt.io/client-go/kubevirt/**/generated_expansion.go'),
  ...rules('tests', 'staging/src/kubevirt.io/client-go/kubevirt/**/fake/*expansion.go'),
  // Tests are written by hand among generated clients too.
  ...rules('tests', 'staging/**/*_test.go'),
  ...rules(
    'support',
    'BUILD.bazel BUILD *.bzl .bazelrc .bazelversion MODULE.bazel MODULE.bazel.lock WORKSPACE Makefile',
  ),
  ...rules('support', '.golangci.y*ml nogo_config.json'),
  ...rules('support', GO_SUPPORT),
  ...OWNERS,
];

/** The rules of each preset, in order; the last match wins. */
export const PRESETS: Readonly<Record<PresetName, readonly PathRule[]>> = {
  go: GO,
  typescript: TYPESCRIPT,
  python: PYTHON,
  kubevirt: KUBEVIRT,
};
