// One step of an ejection chain: an item without a host takes the place of one that is worth less, or as little more as there is. Takes
// a layout with homeless items and changes it, for better or worse; the search keeps what turns out well.
// Source: Buljubasic & Vasquez 2016, "Consistent neighborhood search for one-dimensional bin packing and two-dimensional vector packing".
import type { Filler } from './fill.ts';
import type { Instance } from './instance.ts';
import type { Layout } from './layout.ts';
import type { Random } from './random.ts';

/** For so many steps, and up to as many more, an item that found room is not ejected again. */
const TABU_STEPS = 8;

export class Ejector {
  readonly #instance: Instance;
  readonly #filler: Filler;
  readonly #random: Random;
  /** Of each type: the step from which on it may be ejected. */
  readonly #tabu: Float64Array;

  constructor(instance: Instance, { filler, random }: { readonly filler: Filler; readonly random: Random }) {
    this.#instance = instance;
    this.#filler = filler;
    this.#random = random;
    this.#tabu = new Float64Array(instance.types);
  }

  /** Steps are counted anew. */
  forget(): void {
    this.#tabu.fill(0);
  }

  /** One homeless item, by chance, finds room: on a host that has it, else in the place of the cheapest item that may leave. */
  eject(layout: Layout, now: number): void {
    const waiting: number[] = [];
    for (let t = 0; t < this.#instance.types; t += 1) if ((layout.homeless[t] as number) > 0) waiting.push(t);
    const entering = waiting[Math.floor(this.#random() * waiting.length)];
    if (entering === undefined || layout.hosts === 0) return;
    let least = Number.POSITIVE_INFINITY;
    let place: { b: number; leaving: number } | undefined;
    const first = Math.floor(this.#random() * layout.hosts);
    for (let index = 0; index < layout.hosts && least > 0; index += 1) {
      const b = (first + index) % layout.hosts;
      if (this.#hasRoom(layout, b, entering, -1)) [least, place] = [0, { b, leaving: -1 }];
      for (const leaving of layout.items[b] as readonly number[]) {
        const worth = this.#filler.worth[leaving] as number;
        if (worth < least && leaving !== entering && (this.#tabu[leaving] as number) <= now && this.#hasRoom(layout, b, entering, leaving)) [least, place] = [worth, { b, leaving }];
      }
    }
    if (place === undefined) return;
    if (place.leaving >= 0) layout.remove(place.b, place.leaving);
    layout.add(place.b, [entering]);
    this.#tabu[entering] = now + TABU_STEPS * (1 + this.#random());
  }

  /** Whether an item of the type fits on the host once another has left. */
  #hasRoom(layout: Layout, b: number, t: number, leaving: number): boolean {
    const { dims, sizes, types, most, problem } = this.#instance;
    const limit = most[(layout.classOf[b] as number) * types + t] as number;
    if (limit === 0) return false;
    for (let d = 0; d < dims; d += 1) {
      const freed = leaving < 0 ? 0 : (sizes[leaving * dims + d] as number);
      if ((layout.room[b * dims + d] as number) + freed < (sizes[t * dims + d] as number)) return false;
    }
    return problem.types[t]?.mostPerHost === undefined || (layout.items[b] as readonly number[]).reduce((sum, other) => sum + (other === t ? 1 : 0), 0) < limit;
  }
}
