import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import { captureProcess } from '../../process/run-process.ts';

/** What the user's Go is, asked once. */
export interface GoTool {
  /** `go1.26.2` */
  readonly version: string;
  /** Absolute path of the program that turns a test binary's output into events. */
  readonly test2json: string;
  /** Whether test binaries mark their output for it (`-test.v=test2json`, Go 1.20). */
  readonly marks: boolean;
  /** Whether one `go test -c` builds several packages (Go 1.21). */
  readonly buildsMany: boolean;
  /**
   * The whole environment of `go` and of what it builds with: the caller's settings by name, so that a private HOME costs no
   * warm cache, and nothing else of the caller's.
   */
  readonly env: Readonly<Record<string, string>>;
}

/** Settings of Go that decide what is built and where it is cached; `go env` knows those of `go env -w` too. */
const SETTINGS = [
  'GOCACHE',
  'GOMODCACHE',
  'GOPATH',
  'GOFLAGS',
  'GOPROXY',
  'GOSUMDB',
  'GONOSUMDB',
  'GOPRIVATE',
  'GONOPROXY',
  'GOTOOLCHAIN',
  'GOEXPERIMENT',
  'CGO_ENABLED',
  'CGO_CFLAGS',
  'CGO_CPPFLAGS',
  'CGO_CXXFLAGS',
  'CGO_LDFLAGS',
  'CC',
  'CXX',
  'AR',
  'PKG_CONFIG',
];
const FACTS = ['GOVERSION', 'GOROOT'];
const PASSED = ['PATH', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'PKG_CONFIG_PATH', 'GODEBUG', 'GOWORK'];

const DEADLINE_MS = 120_000;

/**
 * Asks the Go on PATH what it is and where its caches lie.
 * @param cwd a folder of the module, since its `go` line decides which toolchain answers.
 * @returns `tool-missing` where there is no Go, or one that does not answer, in its own words.
 */
export async function askGo(
  caller: Readonly<Record<string, string | undefined>>,
  cwd: string,
  signal?: AbortSignal,
): Promise<Result<GoTool>> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(caller)) {
    if (value !== undefined && (PASSED.includes(name) || SETTINGS.includes(name) || name === 'HOME')) env[name] = value;
  }
  const run = (...argv: string[]) =>
    captureProcess({ argv, cwd, env, deadlineMs: DEADLINE_MS, ...(signal === undefined ? {} : { signal }) });
  const asked = await run('go', 'env', '-json', ...SETTINGS, ...FACTS);
  if (asked.end.cause !== 'exited' || asked.end.code !== 0) {
    return fail(goFailure(`\`go env\` ${describeEnd(asked.end)}`, asked.stderr));
  }
  let found: Record<string, string>;
  try {
    found = JSON.parse(asked.stdout.toString('utf8')) as Record<string, string>;
  } catch {
    return fail(goFailure('`go env -json` printed no JSON', asked.stdout.toString('utf8').slice(0, 200)));
  }
  // Since Go 1.25 the tool is built when it is first needed, so only go itself knows where it lies.
  const tool = await run('go', 'tool', '-n', 'test2json');
  const test2json = tool.stdout.toString('utf8').trim();
  if (tool.end.cause !== 'exited' || tool.end.code !== 0 || test2json === '') {
    return fail(goFailure(`\`go tool -n test2json\` ${describeEnd(tool.end)}`, tool.stderr));
  }
  const version = found['GOVERSION'] ?? '';
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 99);
  const kept = [...PASSED.filter((name) => name !== 'PATH')].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const settings = SETTINGS.flatMap((name) => {
    const value = found[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return ok({
    version,
    test2json,
    marks: minor >= 20,
    buildsMany: minor >= 21,
    env: {
      ...Object.fromEntries(kept),
      ...Object.fromEntries(settings),
      // As `go test` does it: what a test starts by the name `go` is the same Go.
      PATH: [found['GOROOT'] === undefined ? '' : `${found['GOROOT']}/bin`, env['PATH'] ?? '']
        .filter((part) => part !== '')
        .join(':'),
    },
  });
}

function goFailure(what: string, said: string): Failure {
  const words = said.trim().split('\n').slice(0, 3).join(' ');
  return {
    reason: 'tool-missing',
    what: `Go cannot be used: ${what}${words === '' ? '' : `: ${words}`}`,
    next: 'Put the `go` that the module asks for on PATH (`go version` there must work), then run again.',
    exit: EXIT.environment,
  };
}
