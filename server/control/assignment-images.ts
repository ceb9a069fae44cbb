// What an assignment says of images: which to have ahead because of rollouts, and, where a host's disk is full, which it may never clean away.
// A host with room is not told what to keep: it cleans nothing, and its assignment stays the same whatever is released elsewhere.
import type { ImagePolicy } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import type { Reader } from '../db/store.ts';
import { prefetchFor } from '../rollouts/images.ts';

/** Cleaning begins when the disk of a host's images is fuller than `high`, and ends below `low`. */
const WATERMARK_PERMILLE = { high: 850, low: 700 } as const;
/** As many as an assignment may list. */
const MOST_AHEAD = 200;
const MOST_KEPT = 5_000;
/** While a rollout goes on, hosts that it concerns come and go with the replicas that are placed. */
const LOOK_EVERY_MS = 1_000;

export interface AssignmentImages {
  /** Looks at rollouts and disks where something may have changed. @returns hosts whose policy is another one now */
  refresh(reader: Reader): Promise<string[]>;
  /** Absent: there is nothing to say, as without a registry and without rollouts. */
  of(hostId: string): ImagePolicy | undefined;
}

/** @param keepSet references that something needs; where it is empty nobody knows, and no host cleans anything */
export function openAssignmentImages({ bus, clock, fleet, registry }: Pick<Context, 'bus' | 'clock' | 'fleet' | 'registry'>, keepSet: (reader: Reader) => Promise<Iterable<string>>): AssignmentImages {
  let ahead: ReadonlyMap<string, readonly string[]> = new Map();
  let kept: readonly string[] = [];
  const cleaning = new Set<string>();
  let isStale = true;
  let lookedAt = Number.NEGATIVE_INFINITY;
  bus.subscribe(({ topic }) => {
    if (topic === 'rollouts') isStale = true;
  });
  return {
    async refresh(reader) {
      const now = clock.now();
      const before = ahead;
      const looks = isStale || (before.size > 0 && now - lookedAt >= LOOK_EVERY_MS);
      if (looks) {
        [isStale, lookedAt] = [false, now];
        ahead = await prefetchFor(reader);
      }
      const changed = new Set([...before.keys(), ...ahead.keys()].filter((id) => String(before.get(id)) !== String(ahead.get(id))));
      for (const id of turnsOf(fleet, cleaning)) changed.add(id);
      if (cleaning.size > 0 && (looks || changed.size > 0)) kept = [...(await keepSet(reader))].sort().slice(0, MOST_KEPT);
      return [...changed];
    },
    of(hostId) {
      const { address } = registry;
      const prefetch = (ahead.get(hostId) ?? []).slice(0, MOST_AHEAD);
      if (address === null && prefetch.length === 0) return undefined;
      // More than fits cannot be kept by name, so nothing is cleaned.
      const mayClean = prefetch.length === 0 && cleaning.has(hostId) && kept.length > 0 && kept.length < MOST_KEPT;
      return { ...(address === null ? {} : { registry: address }), prefetch, keep: mayClean ? [...kept] : [], watermarkPermille: { ...WATERMARK_PERMILLE }, mayClean };
    },
  };
}

/** Notes which hosts are to clean. @returns those that begin or end to */
function turnsOf(fleet: Context['fleet'], cleaning: Set<string>): string[] {
  const turned: string[] = [];
  for (const { hostId, report } of fleet.all()) {
    const disk = report?.imageDisk;
    if (disk === undefined || disk.totalBytes === 0) continue;
    const permille = (disk.usedBytes / disk.totalBytes) * 1_000;
    const isFull = cleaning.has(hostId) ? permille > WATERMARK_PERMILLE.low : permille > WATERMARK_PERMILLE.high;
    if (isFull === cleaning.has(hostId)) continue;
    if (isFull) cleaning.add(hostId);
    else cleaning.delete(hostId);
    turned.push(hostId);
  }
  return turned;
}
