import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../lab.ts';

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
