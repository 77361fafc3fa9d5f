import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Registry, startRegistry } from '../../fixtures/registry.ts';
import { createLab, type Lab, PROGRAM, type Ran } from '../lab.ts';

let lab: Lab;
const profile = (text: string): string => `apiVersion: redfirst.dev/v1\n${text}\n`;

beforeAll(() => {
  lab = createLab();
  lab.write({ 'redfirst.yaml': profile('') });
});
afterAll(() => lab.remove());

describe('doctor', () => {
  it('without any profile says how to get one', () => {
    expect(lab.redfirst('doctor')).toEqual({
      exit: 2,
      stdout: '',
      stderr:
        'error: there is no profile: clusters/ holds no .yaml file\n  next: write a first one with `redfirst init`\n',
    });
  });

  it('of the host says what is there', () => {
    lab.write({ 'clusters/host.yaml': profile('provider: host') });
    const { exit, stdout, stderr } = lab.redfirst('doctor');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toMatch(
      /^profile host\n {2}grade \(a process on the host\)\n {2}host\.kernel: \S.*\n {2}host\.cpu: .*\n {2}host\.os: .*\n {2}node\.version: v\d+.*\n$/,
    );
  });

  it('of a missing program says once how to mend it, and ends with 3', () => {
    lab.write({ 'clusters/none.yaml': profile('provider: qemu\nbinary: qemu-not-there') });
    const { exit, stdout, stderr } = lab.redfirst('doctor', 'none');
    expect({ exit, stderr }).toEqual({ exit: 3, stderr: '' });
    const [head, what, next] = stdout.split('\n');
    expect([head, what]).toEqual(['profile none', '  error: qemu-not-there is not on this machine']);
    expect(next).toMatch(/^ {4}next: install it \(Debian, Ubuntu: `apt-get install qemu-system-x86`;/);
    expect(stdout.match(/is not on this machine/g)).toHaveLength(1);
  });

  it('goes on with the next profile after one that is wrong; environment before configuration', () => {
    lab.write({ 'clusters/wrong.yaml': profile('provider: quemu') });
    const { exit, document } = lab.json('doctor', 'wrong', 'none', 'host', 'absent');
    expect(exit).toBe(3);
    expect(document.profiles).toMatchObject([
      { profile: 'wrong', failure: { reason: 'configuration-invalid', exit: 2 } },
      { profile: 'none', findings: [{ severity: 'error', what: 'qemu-not-there is not on this machine' }, {}] },
      { profile: 'host', identity: { provider: 'host', grade: [] } },
      { profile: 'absent', failure: { what: 'there is no clusters/absent.yaml' } },
    ]);
    expect(lab.json('doctor', 'wrong', 'host').exit).toBe(2);
  });

  it('boots a real guest for a QEMU profile', (ctx) => {
    const qemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
    ctx.skip(!qemu, 'qemu-system-x86_64 is not installed');
    lab.write({ 'clusters/vm.yaml': profile('provider: qemu\nbinary: qemu-system-x86_64\naccelerator: tcg') });
    const { exit, stdout, stderr } = lab.redfirst('doctor', 'vm');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '  waiting for the probe guest to boot on tcg\n' });
    const facts = stdout.split('\n').map((line) => line.split(':')[0]);
    expect(facts.filter((fact) => fact !== '')).toEqual([
      'profile vm',
      '  grade vmm',
      '  host.kernel',
      '  host.cpu',
      '  host.os',
      '  node.version',
      '  qemu.version',
      '  qemu.binary',
      '  qemu.binary.sha256',
      '  qemu.machine',
      '  accelerator',
      '  qemu.firmware',
    ]);
    expect(stdout).toContain('\n  accelerator: tcg\n');
  });
});

describe('doctor of a kind profile', () => {
  let bin: string;
  /** Only git and what is put into it is on PATH: no engine answers, and no tool of the machine is found. */
  const bare = (): Record<string, string> => ({ PATH: bin });
  const put = (name: string, script: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };

  beforeAll(() => {
    bin = join(lab.dir, 'bin');
    mkdirSync(bin);
    symlinkSync(execFileSync('which', ['git'], { encoding: 'utf8' }).trim(), join(bin, 'git'));
    lab.write({ 'clusters/lab.yaml': profile('provider: kind\nimage: nowhere.invalid/node:v1.34.0') });
  });

  it('on a machine that has nothing says what is missing, each with its mend, and ends with 3', () => {
    const { exit, stdout, stderr } = lab.redfirstWith(bare(), 'doctor', 'lab');
    expect({ exit, stderr }).toEqual({ exit: 3, stderr: '' });
    const errors = stdout.match(/^ {2}error: .*\n {4}next: .+$/gm) ?? [];
    expect(errors.map((error) => error.split('\n')[0])).toEqual([
      '  error: no container engine answers: docker is not on this machine; podman is not on this machine',
      '  error: kind is not on this machine',
      '  error: kubectl is not on this machine',
    ]);
    expect(stdout.match(/error:/g)).toHaveLength(3);
  });

  describe('with --fix', () => {
    let registry: Registry;
    const home = (): string => join(lab.dir, 'home');
    const tools = (): string[] => {
      const folder = join(home(), '.local', 'share', 'redfirst', 'tools', `${process.platform}-${process.arch}`);
      return existsSync(folder) ? readdirSync(folder) : [];
    };
    /** The registry lives in this process, which must not stand still while the program asks it. */
    const fix = (...args: string[]): Promise<Ran> =>
      new Promise((resolve, reject) => {
        const env = { ...lab.env, ...bare(), HOME: home(), REDFIRST_TOOLS_MIRROR: registry.url };
        const child = spawn(process.execPath, [PROGRAM, 'doctor', '--fix', ...args], { cwd: lab.repo, env });
        const out = { stdout: '', stderr: '' };
        child.stdout.on('data', (chunk) => {
          out.stdout += chunk;
        });
        child.stderr.on('data', (chunk) => {
          out.stderr += chunk;
        });
        child.on('error', reject).on('close', (exit) => resolve({ exit, ...out }));
      });

    beforeAll(async () => {
      registry = await startRegistry();
    });
    afterAll(() => registry.close());
    beforeEach(() => {
      for (const name of ['kind', 'kubectl']) put(name, `echo ${name}`);
    });

    it('asks for nothing where nothing is lacking', async () => {
      const { stdout } = await fix('lab');
      expect(registry.asked).toEqual([]);
      expect(stdout).not.toMatch(/was not installed|(kind|kubectl) is not on this machine/);
    });

    it('where the registry has nothing: says so once for each, with what a person can do, and leaves nothing', async () => {
      for (const name of ['kind', 'kubectl']) execFileSync('rm', [join(bin, name)]);
      const { exit, stdout, stderr } = await fix('lab');
      expect(exit).toBe(3);
      expect(stderr).toMatch(
        /^ {2}waiting for kind v\S+ to be downloaded from http:\/\/127\.0\.0\.1:\d+\/github\.com\/kubernetes-sigs\/kind\//,
      );
      expect(stdout).toMatch(
        /error: kind v\S+ was not installed: http\S+: the answer was 404 Not Found\n {4}next: see that the mirror /,
      );
      expect(stdout).toMatch(
        /error: kubectl v\S+ was not installed: http\S+: the answer was 404 Not Found\n {4}next: see that the mirror /,
      );
      expect(stdout).toMatch(
        /; or download https:\/\/dl\.k8s\.io\/release\/\S+ by hand, check that its SHA-256 is [0-9a-f]{64}, and put it there as \S+\/kubectl \(chmod 755\)$/m,
      );
      expect(stdout).not.toMatch(/(kind|kubectl) is not on this machine/);
      expect(tools()).toEqual([]);
    });

    it('where the registry lies: nothing gets past the checksum', async () => {
      for (const name of ['kind', 'kubectl']) execFileSync('rm', [join(bin, name)]);
      registry.answer((response) => response.end('#!/bin/sh\necho kind v0.32.0 go1 linux/amd64\n'));
      const { exit, stdout } = await fix('lab', '--json');
      expect(exit).toBe(3);
      const [{ findings, installed }] = JSON.parse(stdout).profiles;
      expect(installed).toBeUndefined();
      expect(findings).toMatchObject([
        { severity: 'error', what: expect.stringMatching(/^kind v\S+ was not installed: \S+ has the SHA-256 /) },
        { severity: 'error', what: expect.stringMatching(/^kubectl v\S+ was not installed: \S+ has the SHA-256 /) },
        { severity: 'error', what: expect.stringMatching(/^no container engine answers/) },
      ]);
      expect(tools()).toEqual([]);
    });
  });
});
