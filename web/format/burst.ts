// What bursting into the cloud says in words: the life of a VM as a rail, sentences of the server in the reader's language. Takes the API's
// data; gives text and plain data. Pure.
import type { BurstSaid, BurstVmView } from '#server/http/contract/index.ts';
import type { Tone } from '../ui/State.tsx';
import type { Language } from './units.ts';

type State = BurstVmView['state'];

/** The way of a VM that does what it should. Emptied ones are still being emptied for whoever watches: they only wait for their hour to end. */
export const LIFE = ['asked', 'provisioning', 'joining', 'ready', 'in-use', 'emptying', 'released'] as const;
export type LifeStop = (typeof LIFE)[number];
const STOP_OF: Readonly<Record<Exclude<State, 'failed'>, LifeStop>> = { asked: 'asked', provisioning: 'provisioning', joining: 'joining', ready: 'ready', 'in-use': 'in-use', emptying: 'emptying', emptied: 'emptying', releasing: 'released', released: 'released' };
const TONES: Readonly<Record<State, Tone>> = { asked: 'wait', provisioning: 'busy', joining: 'busy', ready: 'ok', 'in-use': 'ok', emptying: 'busy', emptied: 'wait', releasing: 'busy', released: 'off', failed: 'bad' };

export const vmTone = (state: State): Tone => TONES[state];

export interface LifePip {
  readonly stop: LifeStop;
  readonly state: 'done' | 'here' | 'ahead' | 'broken';
}

/** @returns one pip for each stop; the one where a failed VM broke is `broken` */
export function lifeOf(vm: Pick<BurstVmView, 'state' | 'readyAt' | 'address'>): LifePip[] {
  const isFailed = vm.state === 'failed';
  // What is known of a VM that failed is how far it came: an address is given once it runs.
  const at = LIFE.indexOf(vm.state !== 'failed' ? STOP_OF[vm.state] : vm.readyAt !== null ? 'in-use' : vm.address !== null ? 'joining' : 'provisioning');
  const isOver = vm.state === 'released';
  return LIFE.map((stop, index) => ({ stop, state: index < at || isOver ? 'done' : index > at ? 'ahead' : isFailed ? 'broken' : 'here' }));
}

/** Sentences of the server that have words of their own in another language: by code, with the figures they were made of. */
export type SaidWords = Readonly<Record<string, (values: BurstSaid['values']) => string>>;

/** The server's sentence is English; elsewhere its code and figures make one where the console knows the code. */
export function saidText(said: BurstSaid, words: SaidWords, language: Language): string {
  return language === 'en' ? said.sentence : (words[said.code]?.(said.values) ?? said.sentence);
}

/** `2 × c-large, 1 × c-small`. */
export function mixText(mix: readonly { readonly pool: string; readonly count: number }[]): string {
  return mix.map(({ pool, count }) => `${count} × ${pool}`).join(', ');
}
