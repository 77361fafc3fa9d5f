import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../lab.ts';

let lab: Lab;
beforeEach(() => {
  lab = createLab({});
  lab.commit('base', {
    'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\n',
    'clusters/lab.yaml':
      'apiVersion: redfirst.dev/v1\nprovider: kind\nimage: node:1\nsystems:\n  base: { images: [a:1] }\n  head: { images: [a:2] }\n',
    'clusters/bare.yaml': 'apiVersion: redfirst.dev/v1\nprovider: kind\nimage: node:1\n',
  });
});
afterEach(() => lab.remove());

describe('redfirst cluster up --system', () => {
  it('refuses a name that the profile does not have, before anything is made', () => {
    const { exit, stderr } = lab.redfirst('cluster', 'up', 'lab', '--system', 'heads');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('profile lab has no system "heads"')]);
    expect(stderr).toContain('next: one of base, head');
  });

  it('says where systems belong, for a profile without any', () => {
    const { exit, stderr } = lab.redfirst('cluster', 'up', 'bare', '--system', 'base');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('name it under `systems` in the profile')]);
  });
});
