// Between a log that grows and a reader that may be slower: holds so many bytes and no more. What does not fit goes, the oldest first, and a mark with
// its size stands in its place, so that whoever follows a log sees the present and knows what is missing. Pure.

interface Held<T> {
  readonly item: T;
  readonly bytes: number;
}

export class LiveQueue<T> {
  readonly #mostBytes: number;
  readonly #held: Held<T>[] = [];
  #heldBytes = 0;
  #lostBytes = 0;
  #lostItems = 0;
  #isEnded = false;
  #wake: () => void = () => undefined;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  push(item: T, bytes: number): void {
    this.#held.push({ item, bytes });
    this.#heldBytes += bytes;
    while (this.#heldBytes > this.#mostBytes && this.#held.length > 1) {
      const oldest = this.#held.shift()!;
      this.#heldBytes -= oldest.bytes;
      this.#lostBytes += oldest.bytes;
      this.#lostItems += 1;
    }
    this.#wake();
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** What came, in its order; `lost` before the item in front of which something went. Ends after `end`. */
  async *read(): AsyncGenerator<{ readonly item: T } | { readonly lost: { readonly bytes: number; readonly items: number } }> {
    for (;;) {
      if (this.#lostItems > 0) {
        const lost = { bytes: this.#lostBytes, items: this.#lostItems };
        [this.#lostBytes, this.#lostItems] = [0, 0];
        yield { lost };
        continue;
      }
      const next = this.#held.shift();
      if (next !== undefined) {
        this.#heldBytes -= next.bytes;
        yield { item: next.item };
      } else if (this.#isEnded) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
