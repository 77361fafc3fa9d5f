import { EXIT, type ExitCode } from '../domain/failure.ts';
import type { CommandMain } from './command.ts';
import { COMMANDS, GLOBAL_OPTIONS } from './specs.ts';

/** `redfirst completion SHELL`: commands, their options, and the features that `scenarios/` holds. */
export const main: CommandMain = async (input) => {
  const shell = input.operands[0] ?? '';
  const render = Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : undefined;
  if (render === undefined) return refuse(input, shell);
  const script = render();
  input.out.print(script);
  input.out.document({ shell, script });
  return EXIT.holds;
};

function refuse(input: Parameters<CommandMain>[0], shell: string): ExitCode {
  input.out.failure({
    reason: 'usage',
    what: `there is no completion for ${JSON.stringify(shell)}`,
    next: 'redfirst completion bash, zsh or fish',
    exit: EXIT.usage,
  });
  return EXIT.usage;
}

const SHELLS = { bash: renderBash, zsh: renderZsh, fish: renderFish };
const NAMES = [...COMMANDS.map(({ name }) => name), 'help'];

/** The long flags of a command, without their values. */
function flagsOf(options: readonly (readonly [string, string])[]): string[] {
  return [...options, ...GLOBAL_OPTIONS]
    .map(([flags]) => /--[a-z-]+/.exec(flags)?.[0] ?? '')
    .filter((flag) => flag !== '');
}

function renderBash(): string {
  const cases = COMMANDS.map(({ name, options }) => `    ${name}) words="${flagsOf(options).join(' ')} --help" ;;`);
  return `_redfirst() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${NAMES.join(' ')}" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ -d scenarios ]; then words="$words $(command ls scenarios 2>/dev/null)"; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _redfirst redfirst
`;
}

function renderZsh(): string {
  return `#compdef redfirst\nautoload -U +X bashcompinit && bashcompinit\n${renderBash()}`;
}

function renderFish(): string {
  const lines = COMMANDS.flatMap(({ name, summary, options }) => [
    `complete -c redfirst -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", '’')}'`,
    ...flagsOf(options).map(
      (flag) => `complete -c redfirst -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`,
    ),
  ]);
  return `${lines.join('\n')}\ncomplete -c redfirst -n 'not __fish_use_subcommand; and test -d scenarios' -a '(ls scenarios)'\n`;
}
