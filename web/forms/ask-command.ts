// The command line's words for a draft, so that a person can take a form into a script. Pure; flags as `firn request quote --help` names them.
import type { Draft } from '#server/http/contract/index.ts';

export function askCommand(verb: 'quote' | 'submit', draft: Draft | null): string {
  if (draft === null) return `firn request ${verb} --help`;
  const { profile } = draft;
  const flags: (readonly [string, string | number | undefined])[] = [
    ['team', draft.team],
    ['service', draft.service],
    ['environment', draft.environment],
    ['qps', draft.peakQps],
    ['cpu-per-request', profile.cpuMsPerRequest],
    ['memory-base', `${profile.memoryBaseMib}Mi`],
    ['memory-per-qps', `${profile.memoryKibPerQps}Ki`],
    ['max-qps', profile.maxQps],
    ['survive', draft.survive],
    ['image', verb === 'submit' ? draft.run?.image : undefined],
  ];
  const given = flags.filter(([, value]) => value !== undefined).map(([flag, value]) => `--${flag} ${quoteArgument(String(value))}`);
  return `firn request ${verb} ${given.join(' ')}`;
}

/** An argument as a shell reads it back. */
export function quoteArgument(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
