// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of profiles
import { describe, expect, it } from 'vitest';
import { expandVariables, readVariables } from '../../../src/config/expand-variables.ts';

const values: Readonly<Record<string, string>> = { IMAGE: 'local/node:1', IMAGES: ' a:1  b:2 ', EMPTY: '' };
const expand = (value: unknown) => expandVariables(value, (name) => values[name]);

describe('expandVariables', () => {
  it('puts the value of the machine before the default, and the default before nothing', () => {
    expect(expand({ a: '${IMAGE:-x}', b: '${OTHER:-kindest/node:v1.36.1}', c: 'pre-${IMAGE}-post' }).value).toEqual({
      a: 'local/node:1',
      b: 'kindest/node:v1.36.1',
      c: 'pre-local/node:1-post',
    });
  });

  it('leaves a field away whose one variable is empty, so that the schema’s own default holds', () => {
    expect(expand({ operator: '${EMPTY:-}', deep: { cr: '${OTHER:-}', kept: '' } }).value).toEqual({
      deep: { kept: '' },
    });
  });

  it('makes as many entries of a list as a variable has words', () => {
    expect(expand({ images: ['first:1', '${IMAGES}', '${OTHER:-}', 'x-${IMAGE}'] }).value).toEqual({
      images: ['first:1', 'a:1', 'b:2', 'x-local/node:1'],
    });
  });

  it('names a variable that has neither value nor default, with its place', () => {
    const { problems } = expand({ nodes: [{ image: '${NODE}' }] });
    expect(problems).toMatchObject([
      { path: ['nodes', 0, 'image'], what: 'the variable NODE has no value on this machine' },
    ]);
  });

  it('takes a dollar that begins no variable for itself', () => {
    expect(expand({ a: '$HOME $1 ${} ${a-b}' })).toEqual({ value: { a: '$HOME $1 ${} ${a-b}' }, problems: [] });
  });
});

describe('readVariables', () => {
  it('reads NAME=value lines, quoted or exported, and passes over everything else', () => {
    const text = '# a comment\n\nA=1\nexport B="two words"\nC=\'x\'\nnot a line\n D = 4\nE=\r\n';
    expect(Object.fromEntries(readVariables(text))).toEqual({ A: '1', B: 'two words', C: 'x', E: '' });
  });
});
