// `firn completion`: a script for the shell, made from the tree of commands, so that it cannot forget one.
import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { examples, type Begin } from '../invocation.ts';
import { buildProgram } from '../program.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const command = (begin: Begin) =>
  new Command('completion')
    .description('Prints a completion script.')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', examples('completion bash > /etc/bash_completion.d/firn', 'completion zsh > "${fpath[1]}/_firn"', 'completion fish > ~/.config/fish/completions/firn.fish'))
    .action(async (shell, _options, self) => {
      const { io } = begin(self);
      const words = wordsOf(await buildProgram(io, 'all', () => undefined));
      io.out(shell === 'bash' ? bash(words) : shell === 'zsh' ? zsh(words) : fish(words));
    });

/** What may follow `firn` and the path: verbs, options, and the choices of options and arguments. */
interface Place {
  readonly path: string;
  readonly words: readonly string[];
}

/** Every place in the tree, the root first. Options that all commands share are offered everywhere. */
export function wordsOf(program: CommandUnknownOpts): Place[] {
  const optionsOf = (command: CommandUnknownOpts) => command.options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
  const shared = [...optionsOf(program), '--help'];
  const walk = (command: CommandUnknownOpts, path: readonly string[]): Place[] => {
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    const words = [...command.commands.map((child) => child.name()), ...choices, ...(path.length === 0 ? [] : optionsOf(command)), ...shared];
    return [{ path: path.join(' '), words: [...new Set(words)] }, ...command.commands.flatMap((child) => walk(child, [...path, child.name()]))];
  };
  return walk(program, []);
}

const cases = (places: readonly Place[]): string => places.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n');

/** The path is every leading word that is no option: `host token create`. */
const bash = (places: readonly Place[]): string => `# bash completion for firn
_firn() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path='' words='' word candidate
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] && continue
    candidate="\${path:+$path }$word"
    case "$candidate" in
    ${places.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`).join('|')}) path="$candidate" ;;
    esac
  done
  case "$path" in
${cases(places)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _firn firn
`;

const zsh = (places: readonly Place[]): string => `#compdef firn
autoload -U +X bashcompinit && bashcompinit
${bash(places)}`;

function fish(places: readonly Place[]): string {
  const lines = places.map(({ path, words }) => {
    const seen = path === '' ? '__fish_use_subcommand' : path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const plain = words.filter((word) => !word.startsWith('-'));
    const options = words.filter((word) => word.startsWith('--')).map((word) => `complete -c firn -n '${seen}' -l ${word.slice(2)}`);
    return [...(plain.length === 0 ? [] : [`complete -c firn -f -n '${seen}' -a '${plain.join(' ')}'`]), ...options].join('\n');
  });
  return `# fish completion for firn\n${lines.join('\n')}\n`;
}
