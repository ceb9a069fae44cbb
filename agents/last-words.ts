// What services wrote before they ended by themselves: the last lines of their log, asked of the engine once for each end.
import type { Clock } from './clock.ts';
import type { Runtime } from './docker/runtime.ts';
import { sentenceOf, type Log } from './log.ts';

const LINES = 20;
const MOST_CHARACTERS = 2_000;
/** Logs being read at the same time: when many end at once, the engine has better things to do. */
const AT_ONCE = 2;

export class LastWords {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #runtime: Pick<Runtime, 'lastLines'>;
  readonly #onChange: () => void;
  readonly #words = new Map<string, string>();
  /** Ends whose words are still to be asked for, by container: of several ends of one, the newest. */
  readonly #due = new Map<string, number>();
  #underWay = 0;

  constructor(parts: { clock: Clock; log: Log; runtime: Pick<Runtime, 'lastLines'>; onChange: () => void }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#runtime = parts.runtime;
    this.#onChange = parts.onChange;
  }

  /** A container ended by itself at that moment by the engine's clock; absent: some time ago. */
  ended(containerId: string, atMs: number = this.#clock.nowMs()): void {
    this.#due.set(containerId, atMs);
    this.#pump();
  }

  /** A container that has ended was found: its words are asked for unless they are known. */
  found(containerId: string): void {
    if (!this.#words.has(containerId) && !this.#due.has(containerId)) this.ended(containerId);
  }

  /** Of its last end; undefined when it wrote nothing, or has not ended. */
  of(containerId: string): string | undefined {
    return this.#words.get(containerId) || undefined;
  }

  /** Forgets containers that are gone. */
  retain(containerIds: ReadonlySet<string>): void {
    for (const known of [this.#words, this.#due]) for (const id of known.keys()) if (!containerIds.has(id)) known.delete(id);
  }

  #pump(): void {
    const [next] = this.#due;
    if (next === undefined || this.#underWay >= AT_ONCE) return;
    const [id, atMs] = next;
    this.#due.delete(id);
    // Said at once, so that nobody asks for the same end again.
    this.#words.set(id, this.#words.get(id) ?? '');
    this.#underWay += 1;
    void this.#ask(id, atMs).finally(() => {
      this.#underWay -= 1;
      this.#pump();
    });
  }

  async #ask(id: string, atMs: number): Promise<void> {
    try {
      const text = await this.#runtime.lastLines(id, LINES, atMs);
      this.#words.set(id, lastOf(text));
      this.#onChange();
    } catch (error) {
      this.#log.warn({ container: id, reason: sentenceOf(error) }, 'the last words of a service could not be read');
    }
  }
}

/** The last lines, as many whole ones as fit; of a single long line its end. Control characters, which terminals would obey, become spaces. */
export function lastOf(text: string): string {
  const lines = text.replaceAll(/(?!\n|\t)\p{Cc}/gu, ' ').trimEnd().split('\n').slice(-LINES);
  while (lines.length > 1 && lines.join('\n').length > MOST_CHARACTERS) lines.shift();
  return lines.join('\n').slice(-MOST_CHARACTERS);
}
