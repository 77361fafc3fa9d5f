import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../../../src/domain/failure.ts';
import { type ContainerEngine, engineFailure } from '../../../../src/environment/kind/container-engine.ts';
import { readBareStorage, readNodeVolumes, removeNodeVolumes } from '../../../../src/environment/kind/node-volumes.ts';
import { recorded } from '../cluster-fixtures.ts';

const VOLUME = '6f2b29442c3ae225a5864a8b8efde85752945e0eeca61ac89071f1454f9e8bae';
const RECORDED = recorded('podman/volumes.json');

describe('readNodeVolumes', () => {
  it('knows a volume by the label that kind gives it: the name of the node', () => {
    expect(readNodeVolumes(RECORDED, 'redfirst-kind-plain')).toEqual([VOLUME]);
    expect(readNodeVolumes(RECORDED, 'redfirst-kind')).toEqual([]);
    expect(readNodeVolumes(RECORDED, 'redfirst-kind-plai.')).toEqual([]);
  });

  it('takes those of every node, and none of a cluster whose name begins alike', () => {
    const volumes = ['a-control-plane', 'a-control-plane2', 'a-worker', 'a-worker12', 'a-b-worker', 'a', 'a-workers'];
    const json = JSON.stringify(volumes.map((Name) => ({ Name, Labels: { [Name]: 'true' } })));
    expect(readNodeVolumes(json, 'a')).toEqual(volumes.slice(0, 4));
  });

  it.each(['[]', '', 'null', '[{"Name": "one", "Labels": null}, {"Name": "two"}]'])('finds none in %j', (json) => {
    expect(readNodeVolumes(json, 'a')).toEqual([]);
  });
});

describe('removeNodeVolumes', () => {
  const asked: string[] = [];
  const engine = (name: 'docker' | 'podman', refused = ''): ContainerEngine => {
    asked.length = 0;
    return {
      ...{ name, version: '', env: {} },
      run: async (args) => {
        asked.push(args.join(' '));
        if (args[1] === 'ls') return ok(RECORDED);
        return refused === '' ? ok('') : fail(engineFailure(refused));
      },
    };
  };

  it('removes what Podman keeps, and by no force: what a container uses is refused', async () => {
    expect(await removeNodeVolumes(engine('podman'), 'redfirst-kind-plain')).toEqual(ok(undefined));
    expect(asked).toEqual(['volume ls --format json', `volume rm ${VOLUME}`]);
    expect(await removeNodeVolumes(engine('podman', 'volume is being used'), 'redfirst-kind-plain')).toMatchObject({
      ok: false,
    });
  });

  it('asks for nothing more where there is none, and Docker for nothing at all', async () => {
    expect(await removeNodeVolumes(engine('podman'), 'other')).toEqual(ok(undefined));
    expect(asked).toEqual(['volume ls --format json']);
    expect(await removeNodeVolumes(engine('docker'), 'redfirst-kind-plain')).toEqual(ok(undefined));
    expect(asked).toEqual([]);
  });
});

it('storage that a killed client left under a node’s name is found, and nothing else', () => {
  const one = (Id: string, State: string, ...Names: string[]) => ({ Id, State, Names, Labels: null });
  const listed = [
    one('bare', 'storage', 'lab-control-plane'),
    one('second', 'storage', 'lab-worker2'),
    one('running', 'running', 'lab-control-plane'),
    one('other', 'storage', 'lab-two-control-plane'),
    one('image being built', 'storage', 'lab-working-container'),
    { Id: 'nameless', State: 'storage', Names: null },
  ];
  expect(readBareStorage(JSON.stringify(listed), 'lab')).toEqual(['bare', 'second']);
  expect(readBareStorage('null', 'lab')).toEqual([]);
});
