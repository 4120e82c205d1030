import type { Command } from 'commander';
import { UsageError } from '../usage-error.js';

/** What may follow the words of a command: its commands, and its options with those of the whole command line. */
interface Place {
  /** Commands from the first on, as `jobs wait`; empty for the whole. */
  readonly words: string;
  readonly commands: readonly string[];
  readonly options: readonly string[];
}

/**
 * `mediclip completion SHELL`: a script that makes the shell complete commands and options; files where neither fits.
 */
export function completion(mediclip: Command, shell: string): void {
  const script = scripts[shell];
  if (script === undefined) throw new UsageError(`There is no completion for ${shell}: name bash, zsh or fish.`);
  process.stdout.write(script(placesOf(mediclip)));
}

function placesOf(mediclip: Command): Place[] {
  const common = longOf(mediclip);
  const visit = (command: Command, words: readonly string[]): Place[] => [
    {
      words: words.join(' '),
      commands: command.commands.map((sub) => sub.name()),
      options: [...new Set([...longOf(command), ...common, '--help'])],
    },
    ...command.commands.flatMap((sub) => visit(sub, [...words, sub.name()])),
  ];
  return visit(mediclip, []);
}

const longOf = (command: Command) => command.options.flatMap(({ long }) => long ?? []);

const scripts: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: (places) => `#compdef mediclip\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(places)}`,
  fish: fishScript,
};

/** Words that are no commands, such as options before them, are passed over. */
function bashScript(places: readonly Place[]): string {
  const known = places.map(({ words }) => words).filter((words) => words !== '');
  return `_mediclip() {
  local current=\${COMP_WORDS[COMP_CWORD]} words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${words:+$words }$word" in
      ${known.map((words) => `'${words}'`).join('|')}) words="\${words:+$words }$word" ;;
    esac
  done
  local commands='' options=''
  case "$words" in
${places.map(({ words, commands, options }) => `    '${words}') commands='${commands.join(' ')}' options='${options.join(' ')}' ;;`).join('\n')}
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  else COMPREPLY=($(compgen -W "$commands" -- "$current")); fi
}
complete -o default -F _mediclip mediclip
`;
}

function fishScript(places: readonly Place[]): string {
  return places
    .map(({ words, commands, options }) => {
      const seen = words.split(' ').filter((word) => word !== '');
      const others = commands.length > 0 ? `; and not __fish_seen_subcommand_from ${commands.join(' ')}` : '';
      const when = [...seen.map((word) => `__fish_seen_subcommand_from ${word}`)].join('; and ') || 'true';
      return [
        ...(commands.length > 0 ? [`complete -c mediclip -n '${when}${others}' -f -a '${commands.join(' ')}'`] : []),
        ...options.map((option) => `complete -c mediclip -n '${when}' -l ${option.slice(2)}`),
      ].join('\n');
    })
    .join('\n')
    .concat('\n');
}
