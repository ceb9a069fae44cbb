// When a source of a workload's requests has fallen silent, and when it speaks again: each is said once, and not before it has lasted, so that one which
// comes and goes says nothing. Pure but for what it remembers; only a source that has spoken can fall silent.
import type { SourceReading } from './model.ts';

/** It is silent once its newest figure is too old to be trusted; it speaks again when it has done so for this long. */
const STEADY_MS = 30_000;
const FORGOTTEN_MS = 3_600_000;

interface Known {
  /** What was said of it last. */
  told: 'speaks' | 'silent';
  /** Since when it has been otherwise than told; null: it is as told. */
  since: number | null;
  seenAt: number;
}
export interface Silence {
  readonly workloadId: string;
  /** A gateway, a Prometheus source; null: the services themselves. */
  readonly source: string | null;
  readonly kind: SourceReading['kind'];
  readonly is: 'silent' | 'speaks';
  readonly problem: string | null;
}

export interface Silences {
  /** @returns what is to be said of this workload's sources now */
  note(workloadId: string, sources: readonly SourceReading[], now: number): Silence[];
  prune(now: number): void;
}

export function openSilences(): Silences {
  const known = new Map<string, Known>();
  return {
    note(workloadId, sources, now) {
      const news: Silence[] = [];
      for (const { source, kind, speaks, problem } of together(sources)) {
        const key = `${workloadId} ${kind} ${source ?? ''}`;
        const before = known.get(key);
        if (before === undefined) {
          if (speaks) known.set(key, { told: 'speaks', since: null, seenAt: now });
          continue;
        }
        before.seenAt = now;
        const is = speaks ? 'speaks' : 'silent';
        if (is === before.told) before.since = null;
        else before.since ??= now;
        // Silence has lasted already when its last figure is not trusted any more.
        if (before.since === null || now - before.since < (is === 'speaks' ? STEADY_MS : 0)) continue;
        known.set(key, { told: is, since: null, seenAt: now });
        news.push({ workloadId, source, kind, is, problem });
      }
      return news;
    },
    prune(now) {
      for (const [key, { seenAt }] of known) if (now - seenAt > FORGOTTEN_MS) known.delete(key);
    },
  };
}

/** Services are one source here, which speaks as long as any of them does: a container that stops is not news of metrics. */
function together(sources: readonly SourceReading[]): { source: string | null; kind: SourceReading['kind']; speaks: boolean; problem: string | null }[] {
  const scraped = sources.filter(({ kind }) => kind === 'scraped');
  const others = sources.filter(({ kind }) => kind !== 'scraped').map(({ source, kind, isTrusted, qps, problem }) => ({ source, kind, speaks: isTrusted && qps !== null, problem }));
  if (scraped.length === 0) return others;
  return [...others, { source: null, kind: 'scraped', speaks: scraped.some(({ reporting }) => (reporting ?? 0) > 0), problem: scraped.find(({ problem }) => problem !== null)?.problem ?? null }];
}
