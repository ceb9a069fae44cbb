// What is thought about the present all the time, and kept for whoever looks: how far it is from the cheapest possible, proven; and whether any
// one host, rack or site may die. Thought about in the worker thread when the desired state has been still for a moment, and never more often
// than the size of the cluster bears. It decides and changes nothing; that survival is lost or regained is told as an event.
import type { FailureDomain } from '#scheduler/model.ts';
import type { Survival } from '#scheduler/questions/model.ts';
import { survivalText } from '#scheduler/questions/sentences.ts';
import type { Context } from '../context.ts';
import { appendEvent, listEvents } from '../db/events.ts';
import type { Proven } from '../worker/messages.ts';
import type { Loop } from './driver.ts';
import type { Present } from './present.ts';
import { keepProof } from './verify.ts';

export interface KnownProof extends Proven {
  readonly revision: number;
  /** The revision that the prices were found for: older ones prove less. */
  readonly pricesFromRevision: number;
  readonly at: number;
}

export interface KnownSurvival {
  readonly revision: number;
  readonly fleetVersion: number;
  readonly at: number;
  readonly domains: readonly Survival[];
}

/** What is known so far; each is null until it was thought about once. */
export interface Insight {
  proof: KnownProof | null;
  survival: KnownSurvival | null;
}

const EVERY_MS = 1_000;
/** Changes come in groups: what is thought about must have stood for this long. */
const STILL_MS = 1_000;
/** After so long on a busy cluster it is thought about all the same. */
const LONGEST_MS = 30_000;
/** So that copying a large snapshot to the thread stays a small part of the server's work. */
const REST_MS_PER_REPLICA = 0.1;
const DOMAINS: readonly FailureDomain[] = ['host', 'rack', 'site'];

export function insightLoop(context: Context): Loop {
  const { clock, insight } = context;
  let seen: { readonly present: Present; readonly since: number } | undefined;
  let thoughtAt = clock.now();
  return {
    name: 'insight',
    everyMs: EVERY_MS,
    run: async () => {
      const now = clock.now();
      const present = await context.present.read();
      if (seen?.present !== present) seen = { present, since: now };
      if (present.snapshot.replicas.length === 0 && insight.proof === null) return 'nothing runs yet';
      if (isKnown(insight, present)) return 'everything is known about the present';
      const isStill = now - seen.since >= STILL_MS || now - thoughtAt >= LONGEST_MS;
      const isRested = now - thoughtAt >= present.snapshot.replicas.length * REST_MS_PER_REPLICA;
      if (!isStill || !isRested) return 'waits until the desired state is still';
      await think(context, present);
      thoughtAt = clock.now();
      return `thought about revision ${present.revision}`;
    },
  };
}

function isKnown({ proof, survival }: Insight, { revision, fleetVersion }: Present): boolean {
  return proof?.pricesFromRevision === revision && survival?.revision === revision && survival.fleetVersion === fleetVersion;
}

/** First what takes a moment: old prices on the new state. */
async function think(context: Context, present: Present): Promise<void> {
  const { insight, questions, clock } = context;
  const { snapshot, revision } = present;
  const before = insight.proof;
  if (before !== null && before.revision !== revision) {
    publish(context, { proof: { ...(await questions.ask('prove', snapshot, { from: before.proof })), revision, pricesFromRevision: before.pricesFromRevision, at: clock.now() } });
  }
  const domains = await questions.ask('survival', snapshot, { domains: DOMAINS });
  const survival = { revision, fleetVersion: present.fleetVersion, at: clock.now(), domains };
  await announce(context, survival);
  publish(context, { survival });
  if (insight.proof?.pricesFromRevision !== revision) {
    const anew = await questions.ask('prove', snapshot, { from: null });
    const isBetter = insight.proof?.revision !== revision || anew.proof.bound / anew.proof.scale >= insight.proof.proof.bound / insight.proof.proof.scale;
    const best = isBetter ? anew : insight.proof!;
    publish(context, { proof: { ...best, revision, pricesFromRevision: revision, at: clock.now() } });
    await keepProof(context, present, best.proof);
  }
}

function publish({ insight, bus }: Context, news: Partial<Insight>): void {
  Object.assign(insight, news);
  bus.publish({ topic: 'insight', ids: Object.keys(news) });
}

/** Says when the loss of a kind of domain begins to matter and when it no longer does. What has one domain only can never survive, and is not told. */
async function announce({ store, clock }: Context, { domains }: KnownSurvival): Promise<void> {
  const told = await store.read((reader) => listEvents(reader, { kind: 'survival', limit: 100, teams: null }));
  const news = domains.filter(({ domain, survives, tried }) => (told.find(({ subjectId }) => subjectId === domain)?.kind ?? 'survival.regained') !== kindOf(survives) && (survives || tried > 1));
  if (news.length === 0) return;
  await store.tx(async (tx) => {
    for (const each of news) {
      const message = survivalText([each]);
      await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: kindOf(each.survives), subjectType: 'survival', subjectId: each.domain, subject: `loss of a ${each.domain}`, message: message === '' ? `any one ${each.domain} may die now` : message });
    }
  });
}

const kindOf = (survives: boolean): string => (survives ? 'survival.regained' : 'survival.lost');
