// Says how one build goes: keeps its state and log on disk, and sends what the server has not acknowledged, again if it must.
// Pieces of log go by their offset in bytes, so that none is lost and none counts twice. The end is said with the last piece, never before.
import { basename } from 'node:path';
import type { Clock } from '../clock.ts';
import type { BuildPhase, BuildReport } from '../protocol.ts';
import { hasEnded, type BuildRecord, type BuildState } from './build-record.ts';

export interface TellingParts {
  readonly clock: Clock;
  readonly send: (report: BuildReport) => boolean;
}

export type BuildEnd = Pick<BuildState, 'phase' | 'reason' | 'isPlatform' | 'result' | 'seconds'>;

/** Lines of a build come in bursts. */
const TELL_MS = 150;
/** What is not acknowledged by then is said again. */
const AGAIN_MS = 3_000;
/** The protocol's limit for a piece is 65536 letters. */
const MOST_PIECE_BYTES = 48 * 1024;
const MOST_REASON = 2_000;

export class Telling {
  readonly record: BuildRecord;
  readonly #parts: TellingParts;
  #state: BuildState;
  /** What was said while the log was not yet told to its end. */
  #before: Pick<BuildState, 'phase' | 'reason' | 'commit'>;
  #acknowledged = 0;
  #cancelTell: (() => void) | undefined;
  #cancelAgain: () => void = () => undefined;
  #isClosed = false;

  constructor(record: BuildRecord, state: BuildState, parts: TellingParts) {
    this.record = record;
    this.#parts = parts;
    this.#state = state;
    this.#before = { phase: hasEnded(state) ? 'waiting' : state.phase, reason: state.reason };
  }

  get attempt(): number {
    return this.#state.attempt;
  }

  get phase(): BuildPhase {
    return this.#state.phase;
  }

  get hasEnded(): boolean {
    return hasEnded(this.#state);
  }

  /** Name of its folders. */
  get key(): string {
    return basename(this.record.folder);
  }

  /** From here on a crash leaves a record. */
  async begin(): Promise<void> {
    await this.record.make();
    await this.record.writeState(this.#state);
  }

  phaseIs(phase: BuildPhase, reason: string, commit?: string): void {
    const known = commit === undefined ? {} : { commit };
    this.#state = { ...this.#state, phase, reason: reason.slice(0, MOST_REASON), ...known };
    this.#before = { ...this.#before, phase, reason: this.#state.reason, ...known };
    this.tell();
  }

  write(text: string): void {
    this.record.append(text);
    this.#tellSoon();
  }

  /** Resolves when the end would survive a crash. */
  async end(end: BuildEnd): Promise<void> {
    const state = { ...this.#state, ...end, reason: end.reason.slice(0, MOST_REASON) };
    await this.record.make();
    await this.record.writeState(state);
    // Said only now: the server's answer to it takes the record away.
    this.#state = state;
    this.tell();
  }

  /** The server has the log up to there. It may say less than before: then it lost what it had. */
  acknowledge(logBytes: number): void {
    this.#acknowledged = Math.min(logBytes, this.record.logBytes);
    if (this.#acknowledged < this.record.logBytes) this.tell();
    else if (!this.hasEnded) this.#cancelAgain();
  }

  /** Says it now, if there is a connection; says it again until it is acknowledged. */
  tell(): void {
    this.#cancelTell?.();
    this.#cancelTell = undefined;
    this.#cancelAgain();
    if (this.#isClosed) return;
    const piece = this.record.piece(this.#acknowledged, MOST_PIECE_BYTES);
    const isWhole = piece.end >= this.record.logBytes;
    const { id, attempt, seconds } = this.#state;
    const said: BuildReport = isWhole ? { ...this.#state } : { id, attempt, ...this.#before, ...(seconds === undefined ? {} : { seconds }) };
    const isSent = this.#parts.send({ ...said, ...(piece.text === '' ? {} : { log: { offset: piece.offset, text: piece.text } }) });
    if (isSent && (piece.text !== '' || this.hasEnded)) this.#cancelAgain = this.#parts.clock.after(AGAIN_MS, () => this.tell());
  }

  /** Says nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTell?.();
    this.#cancelAgain();
  }

  #tellSoon(): void {
    if (this.#isClosed) return;
    this.#cancelTell ??= this.#parts.clock.after(TELL_MS, () => this.tell());
  }
}
