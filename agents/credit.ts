// How many bytes of a stream the other side wants to have now. Whoever sends spends it, and waits when it is used up; the other side grants more as it reads.

export class Credit {
  readonly #closing = new AbortController();
  #bytes: number;
  #wake: () => void = () => undefined;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Aborts when nobody reads any more. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  grant(bytes: number): void {
    this.#bytes += bytes;
    this.#wake();
  }

  cancel(): void {
    this.#closing.abort();
    this.#wake();
  }

  /** Takes bytes, waiting while there are none; what is sent at once may overdraw it. One waits at a time. False: nobody reads any more. */
  async spend(bytes: number): Promise<boolean> {
    while (this.#bytes <= 0 && !this.signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#bytes -= bytes;
    return !this.signal.aborted;
  }
}
