import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  clusterFolder,
  clustersDir,
  listRecords,
  ownershipOf,
} from '../../../../src/environment/kind/cluster-record.ts';
import { readNodes } from '../../../../src/environment/kind/container-engine.ts';
import { container, RECORD, recorded } from '../cluster-fixtures.ts';

const FOLDER = { path: '/state/redfirst-lab' };
const OURS = '/state/redfirst-lab/mark-1';
const node = container('lab-control-plane', OURS);
const balancer = container('lab-external-load-balancer', undefined, { role: 'external-load-balancer' });

describe('ownershipOf', () => {
  it('is absent where there is no node, whatever a record says', () => {
    expect(ownershipOf([], undefined, FOLDER)).toBe('absent');
    expect(ownershipOf([], RECORD, FOLDER, 1)).toBe('absent');
  });

  it('is ours with the mark of the record', () => {
    expect(ownershipOf([node], RECORD, FOLDER, 1)).toBe('ours');
    expect(ownershipOf([node], { ...RECORD, phase: 'deploying' }, FOLDER, 1)).toBe('ours');
  });

  it('is foreign without a mark, even where a record has that very name', () => {
    expect(ownershipOf([container('lab-control-plane')], RECORD, FOLDER, 1)).toBe('foreign');
    expect(ownershipOf([container('lab-control-plane')], undefined, FOLDER)).toBe('foreign');
  });

  it('is foreign where one node alone is not ours', () => {
    expect(ownershipOf([node, container('lab-worker')], RECORD, FOLDER, 2)).toBe('foreign');
  });

  it('is foreign with the mark of another cluster, of another state folder, or mounted elsewhere', () => {
    const foreign = (mark: string) => ownershipOf([container('n', mark)], RECORD, FOLDER, 1);
    expect(foreign('/state/redfirst-other/mark-1')).toBe('foreign');
    expect(foreign('/state/redfirst-lab-2/mark-1')).toBe('foreign');
    expect(foreign('/elsewhere/redfirst-lab/mark-1')).toBe('foreign');
    const mounts = [{ source: OURS, destination: '/somewhere' }];
    expect(ownershipOf([container('n', undefined, { mounts })], RECORD, FOLDER, 1)).toBe('foreign');
  });

  it('is half made while it is being made, without a record, and with a mark that the record does not have', () => {
    expect(ownershipOf([node], { ...RECORD, phase: 'creating' }, FOLDER, 1)).toBe('half-made');
    expect(ownershipOf([node], undefined, FOLDER, 1)).toBe('half-made');
    expect(ownershipOf([node], { ...RECORD, mark: 'mark-2' }, FOLDER, 1)).toBe('half-made');
  });

  it('is half made with fewer or more nodes than the profile has', () => {
    expect(ownershipOf([node], RECORD, FOLDER, 3)).toBe('half-made');
    expect(ownershipOf([node, container('lab-worker', OURS)], RECORD, FOLDER, 1)).toBe('half-made');
  });

  it('counts the load balancer, which takes no mounts, to whom the others belong', () => {
    const planes = ['1', '2'].map((name) => container(name, OURS));
    expect(ownershipOf([...planes, balancer], RECORD, FOLDER, 3)).toBe('ours');
    expect(ownershipOf([...planes.map(({ name }) => container(name)), balancer], RECORD, FOLDER, 3)).toBe('foreign');
    // Nothing tells whose a balancer is that is left alone.
    expect(ownershipOf([balancer], RECORD, FOLDER, 3)).toBe('foreign');
  });

  it('knows recorded nodes, of Docker and of Podman', () => {
    const state = { path: '/root/.local/state/redfirst/clusters/redfirst-kind-kubevirt' };
    const record = { ...RECORD, mark: 'mark-5631815cb951' };
    expect(ownershipOf(readNodes(recorded('docker/inspect-node.json')), record, state, 1)).toBe('ours');
    const podmans = { path: '/tmp/rfp-state/redfirst/clusters/redfirst-kind-plain' };
    const node = readNodes(recorded('podman/inspect-node.json'));
    expect(ownershipOf(node, { ...RECORD, mark: 'mark-8a6652b967d5' }, podmans, 1)).toBe('ours');
    expect(ownershipOf(node, record, state, 1)).toBe('foreign');
    expect(ownershipOf(readNodes(recorded('docker/inspect-foreign-node.json')), record, state, 1)).toBe('foreign');
  });
});

describe('the folder of a cluster', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'rf-clusters-'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('keeps a record, and leaves no half-written one', () => {
    const folder = clusterFolder('redfirst-lab', base);
    expect(folder.read()).toBeUndefined();
    folder.write(RECORD);
    folder.write({ ...RECORD, phase: 'deploying' });
    expect(folder.read()).toEqual({ ...RECORD, phase: 'deploying' });
    expect(readdirSync(folder.path)).toEqual(['record.json']);
    folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });

  it.each([
    ['rubbish', '{"v": 1,'],
    ['a record of another version', JSON.stringify({ ...RECORD, v: 2 })],
    ['null', 'null'],
    ['nothing', ''],
  ])('takes %s for no record', (_, text) => {
    const folder = clusterFolder('redfirst-lab', base);
    mkdirSync(folder.path);
    writeFileSync(join(folder.path, 'record.json'), text);
    expect(folder.read()).toBeUndefined();
    expect(listRecords(base)).toEqual([]);
  });

  it('makes another mark each time', () => {
    const folder = clusterFolder('redfirst-lab', base);
    const [one, two] = [folder.makeMark(), folder.makeMark()];
    expect(one).toMatch(/^mark-[0-9a-f]{12}$/);
    expect(two).not.toBe(one);
    expect(existsSync(folder.markPath(one))).toBe(true);
    expect(folder.markPath(one)).toBe(join(base, 'redfirst-lab', one));
  });

  it('is listed with the others, by name; what is no cluster is passed over', () => {
    for (const cluster of ['b', 'a']) clusterFolder(cluster, base).write({ ...RECORD, cluster });
    writeFileSync(join(base, 'a.lock'), '{}');
    mkdirSync(join(base, 'empty'));
    expect(listRecords(base).map(({ cluster }) => cluster)).toEqual(['a', 'b']);
    expect(listRecords(join(base, 'none'))).toEqual([]);
    expect(readFileSync(join(base, 'a', 'record.json'), 'utf8')).toMatch(/^\{\n {2}"v": 1,/);
  });

  it('lies in the state folder of the user', () => {
    expect(clustersDir({ XDG_STATE_HOME: '/s', HOME: '/h' })).toBe('/s/redfirst/clusters');
    expect(clustersDir({ HOME: '/h' })).toBe('/h/.local/state/redfirst/clusters');
  });
});
