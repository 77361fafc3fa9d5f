import type { ChangeCase, ChangeVerdict } from '../domain/change.ts';
import { showable } from './terminal-escape.ts';
import { createPaint, toneOf } from './terminal-style.ts';

/** A change's verdict as a person reads it: the class and why, then every touched case with its place. */
export function renderChangeCases(verdict: ChangeVerdict, { colour = false, all = false } = {}): string {
  const paint = createPaint(colour);
  const lines = [`${paint('strong', verdict.class)}: ${showable(verdict.reason)}`];
  for (const target of verdict.targets) {
    const mine = verdict.cases.filter((one) => one.target === target.target && (all || one.touch !== 'untouched'));
    if (verdict.targets.length > 1)
      lines.push('', `${paint('strong', showable(target.target))}  ${showable(target.reason)}`);
    for (const one of mine) lines.push(caseLine(one, paint));
    for (const name of target.broken) lines.push(`  ${paint('bad', 'broken')}  ${showable(name)}`);
  }
  return `${lines.join('\n')}\n`;
}

function caseLine(one: ChangeCase, paint: ReturnType<typeof createPaint>): string {
  const place = one.place === undefined ? '' : `  ${showable(`${one.place.file}:${one.place.line}`)}`;
  const strength = one.strength === undefined ? '' : ` ${one.strength}`;
  const code = one.role === one.code ? '' : `  ${paint(toneOf(one.code), one.code)}${strength}`;
  return `  ${one.role}${code}  ${showable(one.name)}${place}\n      ${showable(one.detail)}`;
}
