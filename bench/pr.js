// What `redfirst pr` costs on a Go change, against `go test` of the same packages at the same corners by hand: processor time of
// both with everything that they start, on warm caches, interleaved. `pr` runs more than the peer does: red packages once more
// in random order, and each red case alone; it reads all reports and both sides' texts. The peer's vet is off, as ours is.
// Goal: at most 1.1 ×.
// usage: node bench/pr.js [--packages=10] [--rounds=3] [--program=dist/cli.js] [--json]
//        node bench/pr.js --repo=FOLDER --change=18374   on a change of a repository of yours
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { interleave, median } from './processor-time.js';

const GOAL = 1.1;
const { values } = parseArgs({
  options: {
    packages: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    repo: { type: 'string' },
    change: { type: 'string', default: 'main..topic' },
    program: { type: 'string', default: join(import.meta.dirname, '../dist/cli.js') },
    json: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'rf-bench-pr-'));
process.on('exit', () => {
  if (tree !== undefined) git('worktree', 'remove', '--force', tree);
  rmSync(folder, { recursive: true, force: true });
});
let tree;
if (spawnSync('go', ['version']).status !== 0) {
  process.stdout.write(values.json ? '[]\n' : 'skipped: there is no go on PATH\n');
  process.exit(0);
}
const goEnv = JSON.parse(execFileSync('go', ['env', '-json', 'GOCACHE', 'GOMODCACHE', 'GOPATH'], { encoding: 'utf8' }));
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  XDG_CACHE_HOME: join(folder, 'cache'),
  GIT_CONFIG_GLOBAL: '/dev/null',
  NO_COLOR: '1',
  GOTOOLCHAIN: 'local',
  ...(process.env.GOFLAGS === undefined ? {} : { GOFLAGS: process.env.GOFLAGS }),
  ...goEnv,
};
const repo = values.repo === undefined ? makeRepository(Number(values.packages)) : resolve(values.repo);
const git = (...args) => execFileSync('git', ['-C', repo, ...args], { env, encoding: 'utf8' }).trim();

const ours = {
  argv: [process.execPath, resolve(values.program), 'pr', values.change],
  cwd: repo,
  env,
  statuses: [0, 1, 4],
};
// The first call warms our caches and says which corners there are.
const asked = spawnSync(ours.argv[0], [...ours.argv.slice(1), '--json'], {
  cwd: repo,
  env,
  encoding: 'utf8',
  maxBuffer: 2 ** 30,
});
if (!ours.statuses.includes(asked.status)) throw new Error(`pr ended with ${asked.status}\n${asked.stderr}`);
const { verdict, corners } = JSON.parse(asked.stdout);
tree = join(folder, 'tree');
git('worktree', 'add', '--quiet', '--detach', tree, corners[0].commit);
const byHand = join(folder, 'by-hand.sh');
writeFileSync(
  byHand,
  corners
    .map(({ commit, targets }) => {
      const packages = targets.map((target) => `'./${target}'`).join(' ');
      return `git -C '${tree}' checkout --quiet --detach ${commit}\n(cd '${tree}' && go test -vet=off -count=1 ${packages}) || true\n`;
    })
    .join(''),
);
const peer = { argv: ['bash', byHand], cwd: tree, env };
spawnSync(peer.argv[0], peer.argv.slice(1), { cwd: tree, env, stdio: 'ignore' });

const spent = interleave({ ours, peer }, Number(values.rounds));
const [oursMs, peerMs] = [median(spent.ours), median(spent.peer)];
const ratio = oursMs / peerMs;
const name = `pr of ${corners[0].targets.length} Go packages at ${corners.map(({ corner }) => corner).join(', ')}`;
if (values.json) {
  process.stdout.write(`${JSON.stringify([{ name, oursMs, peer: 'go test by hand', peerMs, ratio, goal: GOAL }])}\n`);
} else {
  const attempts = corners.reduce((sum, corner) => sum + corner.attempts, 0);
  process.stdout.write(
    [
      `${name}; ${verdict.class}, ${attempts} runs of test binaries`,
      `  pr               ${oursMs.toFixed(0)} ms`,
      `  go test by hand  ${peerMs.toFixed(0)} ms`,
      `  ratio            ${ratio.toFixed(3)} (goal: at most ${GOAL})`,
      '',
    ].join('\n'),
  );
}

/** A module whose packages each link what a small service links, half of what one of KubeVirt's does; each is changed. */
function makeRepository(count) {
  const at = join(folder, 'repo');
  const write = (path, text) => {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), text);
  };
  const run = (...args) =>
    execFileSync('git', ['-C', at, '-c', 'user.name=A', '-c', 'user.email=a@example.invalid', ...args], { env });
  mkdirSync(at);
  write('go.mod', 'module example.com/bench\n\ngo 1.19\n');
  const each = (make) => {
    for (let index = 0; index < count; index++) make(`p${index}`, index);
  };
  const code = (name, doubled) => `package ${name}

import (
	"encoding/json"
	"encoding/xml"
	"go/importer"
	"go/types"
	"html/template"
	"net/http"
	"net/http/httputil"
)

func Value(n int) int { return ${doubled} }

var page = template.Must(template.New("page").Parse("{{.}}"))

func Serve(w http.ResponseWriter, r *http.Request) {
	httputil.DumpRequest(r, true)
	page.Execute(w, Value(1))
	json.NewEncoder(w).Encode(Value(1))
	xml.NewEncoder(w).Encode(Value(1))
	(&types.Config{Importer: importer.Default()}).Check("x", nil, nil, nil)
}
`;
  const test = (name, more) =>
    `package ${name}\n\nimport (\n\t"net/http/httptest"\n\t"testing"\n)\n\n${Array.from({ length: 20 }, (_, n) => `func TestServe${n}(t *testing.T) {\n\tw := httptest.NewRecorder()\n\tServe(w, httptest.NewRequest("GET", "/", nil))\n\tif w.Code != 200 {\n\t\tt.Fatal(w.Code)\n\t}\n}\n`).join('\n')}${more}`;
  each((name) => {
    write(`${name}/code.go`, code(name, 'n'));
    write(`${name}/code_test.go`, test(name, ''));
  });
  run('init', '--quiet', '--initial-branch=main');
  run('add', '--all');
  run('commit', '--quiet', '--message=base');
  run('switch', '--quiet', '--create=topic');
  each((name, index) => {
    write(`${name}/code.go`, code(name, 'n + n'));
    const changed = '\nfunc TestDoubles(t *testing.T) {\n\tif Value(2) != 4 {\n\t\tt.Fatal(Value(2))\n\t}\n}\n';
    write(`${name}/code_test.go`, test(name, index % 3 === 0 ? changed : changed.replaceAll('Value(2)', 'Value(2*1)')));
  });
  run('add', '--all');
  run('commit', '--quiet', '--message=Double values');
  return at;
}
