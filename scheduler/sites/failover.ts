// When clients are kept from a site, or a name from a site, and when they come back: from evidence of its health, with patience both ways, and
// with limits on what happens without a person. Takes what was watched before, evidence and the time; gives what is watched now and what to do.
// Answers leave out what is unhealthy anyhow: a verdict keeps clients away until it is well for a while, so that they do not go to and fro.
import { byText } from '../resources.ts';
import { said, type Said, saying, type Saying } from '../said.ts';

export interface FailoverRules {
  readonly downAfterSeconds: number;
  readonly upAfterSeconds: number;
  readonly mostNamesPermille: number;
  readonly isAutomatic: boolean;
}

/** What is seen now of a site, or of a name at a site. */
export interface Evidence {
  readonly site: string;
  /** Null: the site as a whole. */
  readonly name: string | null;
  /** `unknown`: nobody can tell, so neither patience runs. */
  readonly health: 'good' | 'bad' | 'unknown';
  readonly sentence: Said;
}

export interface Watch {
  readonly site: string;
  readonly name: string | null;
  readonly verdict: 'up' | 'down';
  /** Since when the verdict holds. */
  readonly since: number;
  /** Since when evidence has said the contrary; null: it agrees. */
  readonly contrarySince: number | null;
  /** Evidence of the last look. */
  readonly health: Evidence['health'];
}

export type HoldCode = 'too-many-names' | 'last-site' | 'not-automatic';
export type FailoverAct =
  | { readonly kind: 'fail' | 'restore'; readonly site: string; readonly name: string | null; readonly reason: string; readonly said: readonly Saying[] }
  | { readonly kind: 'hold'; readonly site: string; readonly name: string | null; readonly code: HoldCode; readonly since: number; readonly reason: string; readonly said: readonly Saying[] };

/** Names that failed within so long count for the limit. */
const WINDOW_MS = 600_000;

export const watchKey = ({ site, name }: Pick<Watch, 'site' | 'name'>): string => `${site}/${name ?? ''}`;

/**
 * @param watches of the look before, by watchKey(); what has no evidence any more is forgotten
 * @param names how many there are
 * @param now milliseconds
 */
export function failover(watches: ReadonlyMap<string, Watch>, evidence: readonly Evidence[], { rules, names, now }: { readonly rules: FailoverRules; readonly names: number; readonly now: number }): { readonly watches: ReadonlyMap<string, Watch>; readonly acts: readonly FailoverAct[] } {
  const next = new Map<string, Watch>();
  const acts: FailoverAct[] = [];
  // Sites first: a name at a site that is down needs no verdict of its own.
  const inOrder = evidence.toSorted((one, other) => Number(one.name !== null) - Number(other.name !== null) || byText(watchKey(one), watchKey(other)));
  for (const seen of inOrder) next.set(watchKey(seen), looked(watches.get(watchKey(seen)), seen, now));
  for (const seen of inOrder) {
    const watch = next.get(watchKey(seen))!;
    if (watch.contrarySince === null) continue;
    const waitedMs = now - watch.contrarySince;
    if (watch.verdict === 'down') {
      if (waitedMs < rules.upAfterSeconds * 1000) continue;
      next.set(watchKey(seen), { ...watch, verdict: 'up', since: now, contrarySince: null });
      acts.push({ kind: 'restore', site: seen.site, name: seen.name, ...because(said('well-for', { seconds: seconds(waitedMs) }, 'well for {seconds} s'), seen) });
    } else if (waitedMs >= rules.downAfterSeconds * 1000 && !(seen.name !== null && next.get(watchKey({ site: seen.site, name: null }))?.verdict === 'down')) {
      const held = holdOf(seen, next, { rules, names, now });
      const why = because(said('bad-for', { seconds: seconds(waitedMs) }, 'bad for {seconds} s'), seen);
      if (held !== null) acts.push({ kind: 'hold', site: seen.site, name: seen.name, code: held.code, since: watch.contrarySince, reason: `${why.reason}; ${held.why.sentence}`, said: [...why.said, saying(held.why)] });
      else {
        next.set(watchKey(seen), { ...watch, verdict: 'down', since: now, contrarySince: null });
        acts.push({ kind: 'fail', site: seen.site, name: seen.name, ...why });
      }
    }
  }
  return { watches: next, acts };
}

function looked(before: Watch | undefined, { site, name, health }: Evidence, now: number): Watch {
  const { verdict, since, contrarySince } = before ?? { verdict: 'up' as const, since: now, contrarySince: null };
  const isContrary = health !== 'unknown' && (health === 'bad') === (verdict === 'up');
  return { site, name, verdict, since, contrarySince: isContrary ? (contrarySince ?? now) : null, health };
}

/** Why a person has to decide; null: nobody has to. */
function holdOf({ site, name }: Evidence, watches: ReadonlyMap<string, Watch>, { rules, names, now }: { readonly rules: FailoverRules; readonly names: number; readonly now: number }): { readonly code: HoldCode; readonly why: Said } | null {
  if (!rules.isAutomatic) return { code: 'not-automatic', why: said('hold-not-automatic', {}, 'names do not fail over by themselves here: a person has to say so') };
  const all = [...watches.values()];
  const isWell = (watch: Watch) => watch.verdict === 'up' && watch.health === 'good';
  const siteIsUp = (other: string) => watches.get(watchKey({ site: other, name: null }))?.verdict !== 'down';
  const others = name === null ? all.filter((watch) => watch.name === null && watch.site !== site && isWell(watch)) : all.filter((watch) => watch.name === name && watch.site !== site && isWell(watch) && siteIsUp(watch.site));
  if (others.length === 0) return { code: 'last-site', why: name === null ? said('hold-last-site', {}, 'no other site is well, so nothing would be gained') : said('hold-last-site-of', { name }, 'no other site is well for {name}, so nothing would be gained') };
  if (name === null) return null;
  const failed = new Set(all.filter((watch) => watch.name !== null && watch.verdict === 'down' && now - watch.since < WINDOW_MS).map((watch) => watch.name));
  const most = Math.max(1, Math.floor((rules.mostNamesPermille * names) / 1000));
  if (failed.size >= most && !failed.has(name)) return { code: 'too-many-names', why: said('hold-too-many', { failed: failed.size, names, most }, '{failed} of {names} names have failed over within ten minutes already, and {most} may without a person') };
  return null;
}

const seconds = (ms: number): number => Math.round(ms / 1000);
const because = (how: Said, { sentence }: Evidence): { readonly reason: string; readonly said: readonly Saying[] } => ({ reason: `${how.sentence}: ${sentence.sentence}`, said: [saying(how), saying(sentence)] });
