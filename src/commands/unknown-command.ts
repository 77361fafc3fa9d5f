import { nearestWord } from '../config/mistake.ts';
import { EXIT, type Failure } from '../domain/failure.ts';

/** There is no such command; the nearest one is named, where one is near. An empty name stands for none at all. */
export function unknownCommand(name: string, known: readonly string[]): Failure {
  const near = nearestWord(name, known);
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  return {
    reason: 'usage',
    what: name === '' ? 'a command is missing' : `there is no command ${JSON.stringify(name)}${meant}`,
    next: 'redfirst --help',
    exit: EXIT.usage,
  };
}
