import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namespaceDebts } from '../../../../src/environment/kubeconfig/namespace-debts.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-debts-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('namespaceDebts', () => {
  it('are those of the dead, to the cluster that is asked for, until they are paid', () => {
    const debts = namespaceDebts(dir);
    for (const token of ['living', 'dead']) debts.owe(token, 'one');
    const note = join(dir, 'dead.json');
    const debt = JSON.parse(readFileSync(note, 'utf8'));
    writeFileSync(note, JSON.stringify({ ...debt, startedAtTicks: debt.startedAtTicks - 1 }));
    writeFileSync(join(dir, 'broken.json'), '{');
    expect(debts.unpaid('one')).toEqual(['dead']);
    expect(debts.unpaid('two')).toEqual([]);
    debts.paid('dead');
    expect(debts.unpaid('one')).toEqual([]);
    expect(existsSync(join(dir, 'living.json'))).toBe(true);
  });

  it('keep nobody from running whose home cannot be written to', () => {
    writeFileSync(join(dir, 'file'), '');
    const debts = namespaceDebts(join(dir, 'file', 'below'));
    debts.owe('token', 'one');
    expect(debts.unpaid('one')).toEqual([]);
    expect(() => debts.paid('token')).not.toThrow();
  });
});
