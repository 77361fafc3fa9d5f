import { describe, expect, it } from 'vitest';
import type { KubeVirtObject } from '../../../../src/environment/kubernetes/objects.ts';
import { gateSwitch } from '../../../../src/environment/kubevirt/gate-switch.ts';
import { configVersionOf, gatesOf, setGates, withGate } from '../../../../src/environment/kubevirt/gates.ts';
import { restoreKubeVirt } from '../../../../src/environment/kubevirt/restore.ts';
import { failureIn, KUBEVIRT, kubevirtObject, recorded, recordedItems, valueIn } from '../cluster-fixtures.ts';
import { type Answer, fakeApi, list, refusal } from '../kubernetes/fake-api.ts';

const PATH = '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts';
const GONE: Answer = { status: 502, text: 'connection refused' };

interface Scene {
  gates: { featureGates: string[]; disabledFeatureGates: string[] };
  resourceVersion: number;
  generation: number;
  observed: number;
  /** Configuration that each component has, by pod; undefined ones do not answer. */
  components: Record<string, { readonly component: string; version: number | undefined; phase?: string }>;
  patch?: Answer;
  /** Answers to the next reads of the object, in place of it. */
  reads: Answer[];
}

/** KubeVirt whose components take over a configuration when `settle` is called; at once unless it waits. */
async function kubevirt(change: Partial<Scene> = {}, waits = false) {
  const scene: Scene = {
    gates: { featureGates: ['Kept'], disabledFeatureGates: [] },
    ...{ resourceVersion: 100, generation: 2, observed: 2, reads: [] },
    components: {
      'virt-api-1': { component: 'virt-api', version: 100 },
      'virt-controller-1': { component: 'virt-controller', version: 100 },
      'virt-handler-1': { component: 'virt-handler', version: 100 },
    },
    ...change,
  };
  const settle = (): void => {
    scene.observed = scene.generation;
    for (const one of Object.values(scene.components)) one.version = scene.resourceVersion;
  };
  const object = () => {
    const made = kubevirtObject(
      { observedGeneration: scene.observed },
      { configuration: { developerConfiguration: scene.gates } },
    );
    return {
      ...made,
      metadata: { ...made.metadata, generation: scene.generation, resourceVersion: String(scene.resourceVersion) },
    };
  };
  const fake = await fakeApi(({ method, path, body }) => {
    if (method === 'PATCH') {
      if (scene.patch !== undefined) return scene.patch;
      const patch = body as { spec: { configuration: { developerConfiguration: Record<string, string[] | null> } } };
      const { featureGates, disabledFeatureGates } = patch.spec.configuration.developerConfiguration;
      scene.gates = { featureGates: featureGates ?? [], disabledFeatureGates: disabledFeatureGates ?? [] };
      scene.generation += 1;
      scene.resourceVersion += 1;
      if (!waits) settle();
      return { json: object() };
    }
    if (path === PATH) return scene.reads.shift() ?? list(object());
    const health = /pods\/https:([^:]+):8443\/proxy\/healthz$/.exec(path)?.[1];
    if (health !== undefined) {
      const version = scene.components[health]?.version;
      return version === undefined ? GONE : { text: `{"config-resource-version": "${version}"}` };
    }
    const pods = Object.entries(scene.components).map(([name, { component, phase = 'Running' }]) => ({
      metadata: { name, labels: { 'kubevirt.io': component } },
      status: { phase },
    }));
    return list(...pods);
  });
  return { ...fake, scene, settle, patches: () => fake.asked.filter(({ method }) => method === 'PATCH') };
}

function target(api: Awaited<ReturnType<typeof kubevirt>>['api'], told: string[] = [], deadlineMs = 20_000) {
  return {
    api,
    namespace: 'kubevirt',
    signal: new AbortController().signal,
    progress: (what: string) => void told.push(what),
    deadlineMs,
  };
}

describe('withGate', () => {
  const settings = { featureGates: ['A', 'B'], disabledFeatureGates: ['C'] };

  it('switches one, and leaves the others', () => {
    expect(withGate(settings, 'D', 'on')).toEqual({ featureGates: ['A', 'B', 'D'], disabledFeatureGates: ['C'] });
    expect(withGate(settings, 'A', 'off')).toEqual({ featureGates: ['B'], disabledFeatureGates: ['C'] });
    expect(withGate(settings, 'A', 'on')).toEqual({ featureGates: ['B', 'A'], disabledFeatureGates: ['C'] });
  });

  it('takes one out of the list of those that are off, since none may stand in both', () => {
    expect(withGate(settings, 'C', 'on')).toEqual({ featureGates: ['A', 'B', 'C'], disabledFeatureGates: [] });
  });

  it('switches a gate off that is on by default: only the list of those that are off does that', () => {
    expect(withGate(settings, 'C', 'off')).toEqual({ featureGates: ['A', 'B'], disabledFeatureGates: ['C'] });
  });

  it('is empty for an object without gates', () => {
    expect(gatesOf(undefined)).toEqual({ featureGates: [], disabledFeatureGates: [] });
    const [found] = recordedItems<KubeVirtObject>('kubectl/kubevirt.json');
    expect(gatesOf(found)).toEqual({ featureGates: [], disabledFeatureGates: [] });
  });
});

describe('configVersionOf', () => {
  it('reads what a component really answers', () => {
    expect(configVersionOf(recorded('kubevirt/healthz.json'))).toBe('1421');
    expect(configVersionOf('{"config-resource-version": 7}')).toBe('7');
    expect(configVersionOf('{"apiserver": {"connectivity": "failed"}}')).toBeUndefined();
    expect(configVersionOf('')).toBeUndefined();
  });
});

describe('setGates', () => {
  it('writes both lists in one merge patch, as they are given, and takes an empty one away', async () => {
    const { api, patches } = await kubevirt();
    valueIn(await setGates(target(api), { featureGates: ['B', 'A'], disabledFeatureGates: [] }));
    expect(patches()).toMatchObject([{ path: `${PATH}/kubevirt`, contentType: 'application/merge-patch+json' }]);
    expect(patches()[0]?.body).toEqual({
      spec: { configuration: { developerConfiguration: { featureGates: ['B', 'A'], disabledFeatureGates: null } } },
    });
  });

  it('refuses a gate in both lists, as KubeVirt would, and asks nothing', async () => {
    const { api, asked } = await kubevirt();
    const failure = failureIn(await setGates(target(api), { featureGates: ['A'], disabledFeatureGates: ['A'] }));
    expect(failure.what).toBe('gate A is to be on and off at once');
    expect(asked).toEqual([]);
  });

  it('waits for the generation, then for every component, and says for which', async () => {
    const { api, scene, settle } = await kubevirt({}, true);
    const told: string[] = [];
    const done = setGates(target(api, told), { featureGates: ['A'], disabledFeatureGates: [] });
    while (told.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    scene.observed = scene.generation;
    while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    settle();
    valueIn(await done);
    expect(told).toEqual([
      'generation 3 of the KubeVirt object to be observed',
      'virt-api-1 to take over the configuration (has 100, needs 101), and 2 more',
    ]);
  });

  it.each<[string, Scene['components'][string], string]>([
    [
      'has an older configuration',
      { component: 'virt-handler', version: 100 },
      'virt-handler-1 to take over the configuration (has 100, needs 101)',
    ],
    [
      'does not answer',
      { component: 'virt-handler', version: undefined },
      'virt-handler-1 to tell its configuration (connection refused)',
    ],
    ['does not run', { component: 'virt-handler', version: 101, phase: 'Pending' }, 'virt-handler to run'],
  ])('does not believe that it is done while a component %s', async (_, handler, said) => {
    const components = {
      'virt-api-1': { component: 'virt-api', version: 999 },
      'virt-controller-1': { component: 'virt-controller', version: 999 },
      'virt-handler-1': handler,
    };
    const { api, scene } = await kubevirt({ components, observed: 9 }, true);
    const failure = failureIn(await setGates(target(api, [], 0), { featureGates: ['A'], disabledFeatureGates: [] }));
    expect(failure.what).toMatch(/^the gates A was not ready within 0 s; still waiting for /);
    expect(failure.what.endsWith(said)).toBe(true);
    expect(scene.gates.featureGates).toEqual(['A']);
  });

  it('says what KubeVirt refuses', async () => {
    const { api } = await kubevirt({ patch: refusal(422, 'Invalid', 'admission webhook denied: unknown gate X') });
    const failure = failureIn(await setGates(target(api), { featureGates: ['X'], disabledFeatureGates: [] }));
    expect(failure.what).toBe('KubeVirt refuses the gates: admission webhook denied: unknown gate X');
  });

  it('knows a namespace without KubeVirt from an API server that does not answer', async () => {
    const settings = { featureGates: ['A'], disabledFeatureGates: [] };
    const none = await kubevirt({ reads: [list()] });
    expect(failureIn(await setGates(target(none.api), settings)).what).toBe(
      'namespace kubevirt has no KubeVirt object',
    );
    const silent = await kubevirt({ reads: [GONE] });
    expect(failureIn(await setGates(target(silent.api), settings)).what).toBe(
      'the KubeVirt object cannot be read: connection refused',
    );
    expect([...none.patches(), ...silent.patches()]).toEqual([]);
  });

  it('waits on where the API server is silent for a moment', async () => {
    const { api } = await kubevirt({ reads: [list(kubevirtObject()), GONE] });
    const told: string[] = [];
    valueIn(await setGates(target(api, told), { featureGates: ['A'], disabledFeatureGates: [] }));
    expect(told).toEqual(['the KubeVirt object (connection refused)']);
  });
});

describe('gateSwitch', () => {
  const context = { signal: new AbortController().signal, progress: () => undefined };

  it('switches one gate and keeps the others', async () => {
    const { api, scene } = await kubevirt();
    const gates = gateSwitch(api, KUBEVIRT, context, 20_000);
    valueIn(await gates.set('New', 'on'));
    expect(scene.gates).toEqual({ featureGates: ['Kept', 'New'], disabledFeatureGates: [] });
    valueIn(await gates.set('New', 'off'));
    expect(scene.gates).toEqual({ featureGates: ['Kept'], disabledFeatureGates: [] });
  });

  it('does not take an API server that is silent for an object without gates', async () => {
    const { api, patches } = await kubevirt({ reads: [GONE] });
    expect(failureIn(await gateSwitch(api, KUBEVIRT, context, 20_000).set('New', 'on')).what).toContain(
      'cannot be read',
    );
    expect(patches()).toEqual([]);
  });

  it('tells pod, identity and restarts of each component', async () => {
    const { api } = await fakeApi(() => ({ json: JSON.parse(recorded('kubectl/kubevirt-pods.json')) }));
    const components = valueIn(await gateSwitch(api, KUBEVIRT, context, 0).components());
    expect(components.map(({ pod }) => pod.replace(/-[^-]+(-[^-]+)?$/, '').replace(/-[0-9a-f]+$/, ''))).toEqual([
      'virt-api',
      'virt-controller',
      'virt-exportproxy',
      'virt',
      'virt-operator',
    ]);
    for (const { uid, restarts } of components) expect([uid.length, restarts]).toEqual([36, 0]);
  });

  it('says that they cannot be listed', async () => {
    const { api } = await fakeApi(() => GONE);
    expect(failureIn(await gateSwitch(api, KUBEVIRT, context, 0).components()).what).toContain('connection refused');
  });
});

describe('restoreKubeVirt', () => {
  const context = { signal: new AbortController().signal, progress: () => undefined };
  const spec = { ...KUBEVIRT, featureGates: ['Kept'] };

  it('changes nothing where the gates are as the profile has them, in any order', async () => {
    const { api, patches } = await kubevirt({ gates: { featureGates: ['B', 'A'], disabledFeatureGates: ['C'] } });
    const same = { ...KUBEVIRT, featureGates: ['A', 'B'], disabledFeatureGates: ['C'] };
    expect(await restoreKubeVirt(api, same, context, 20_000)).toEqual([]);
    expect(patches()).toEqual([]);
  });

  it('puts back what a scenario left', async () => {
    const { api, scene } = await kubevirt({ gates: { featureGates: ['Kept', 'Left'], disabledFeatureGates: ['Too'] } });
    expect(await restoreKubeVirt(api, spec, context, 20_000)).toEqual([]);
    expect(scene.gates).toEqual({ featureGates: ['Kept'], disabledFeatureGates: [] });
  });

  it('complains where it could not: refused, or not to be read', async () => {
    const gates = { featureGates: ['Left'], disabledFeatureGates: [] };
    const refused = await kubevirt({ gates, patch: refusal(403, 'Forbidden', 'you may not') });
    expect(await restoreKubeVirt(refused.api, spec, context, 0)).toEqual(['KubeVirt refuses the gates: you may not']);
    // Without gates in the profile, an object that cannot be read must not look like one that is as it should be.
    const silent = await kubevirt({ gates, reads: [GONE] });
    expect(await restoreKubeVirt(silent.api, KUBEVIRT, context, 0)).toEqual([
      'the KubeVirt object cannot be read: connection refused',
    ]);
  });
});
