// The live stream: which resources changed, as server-sent events, so that a client asks again. Names only, never contents, so it needs no
// filter by team. Changes are gathered for a moment, a slow reader gets fewer and larger lines, and a lost connection resumes by event number.
import { createRoute } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import type { Topic } from '../bus.ts';
import type { Context } from '../context.ts';
import { type EventRow, listEvents, newestEvent } from '../db/events.ts';
import { z } from './contract/common.ts';
import { newApi, problems } from './problem.ts';
import { secured } from './secured.ts';

/** Changes of one gesture come together; a person notices nothing below this. */
const GATHER_MS = 100;
/** Proxies close what is silent for longer; a browser notices a dead connection by it. */
const HEARTBEAT_MS = 15_000;
/** More ids of one topic than this are told as "any of them". */
const MOST_IDS = 200;
/** A client that missed more events than this is told to ask for everything again. */
const MOST_MISSED = 500;
const TOPICS: readonly Topic[] = ['market', 'signals', 'drills', 'requests', 'services', 'hosts', 'plans', 'quotas', 'events', 'usage', 'networks', 'accounts', 'policy', 'proposals', 'pools', 'insight', 'builds', 'layers', 'registry', 'releases', 'rollouts', 'secrets', 'freezes', 'webhooks', 'shells', 'metrics'];

const liveRoute = createRoute({
  method: 'get',
  path: '/live',
  operationId: 'live',
  summary: 'Which resources change, as server-sent events',
  middleware: secured('read'),
  request: { headers: z.object({ 'last-event-id': z.string().regex(/^\d{1,15}$/).optional() }) },
  responses: { 200: { description: 'Lines of LiveChange; the id of each is the newest event', content: { 'text/event-stream': { schema: z.string() } } }, ...problems },
});

/** Which topics an event touches besides `events`. */
const TOPICS_OF: Readonly<Record<string, readonly Topic[]>> = {
  market: ['market'],
  signal: ['signals', 'market'],
  surge: ['market'],
  drill: ['drills'],
  request: ['requests', 'quotas'],
  workload: ['services', 'quotas'],
  replica: ['services'],
  host: ['hosts', 'services'],
  network: ['networks'],
  plan: ['plans', 'services', 'hosts'],
  policy: ['policy'],
  proposal: ['proposals'],
  pool: ['pools'],
  survival: ['insight'],
  build: ['builds'],
  layer: ['layers', 'builds'],
  registry: ['registry'],
  release: ['releases', 'services'],
  rollout: ['rollouts', 'services'],
  secret: ['secrets'],
  freeze: ['freezes'],
  webhook: ['webhooks'],
  site: ['sites', 'names'],
  name: ['names'],
  shift: ['shifts', 'names'],
  quota: ['quotas'],
  user: ['accounts'],
  team: ['accounts'],
  token: ['accounts'],
};

/** `/live`. */
export function liveApi(context: Context) {
  return newApi().openapi(liveRoute, (c) => {
    const lastEventId = c.req.valid('header')['last-event-id'];
    c.header('x-accel-buffering', 'no');
    return streamSSE(c, async (stream) => {
      const gathered = new Map<Topic, Set<string>>();
      let wake: () => void = () => undefined;
      const add = (topic: Topic, ids: readonly string[]) => {
        const known = gathered.get(topic) ?? new Set();
        // An empty list stands for all: it stays, whatever is added.
        const isAll = gathered.has(topic) && known.size === 0;
        gathered.set(topic, isAll || ids.length === 0 || known.size + ids.length > MOST_IDS ? new Set() : new Set([...known, ...ids]));
        wake();
      };
      const stop = context.bus.subscribe(({ topic, ids }) => (topic === 'sessions' ? undefined : add(topic, ids)));
      stream.onAbort(() => {
        stop();
        wake();
      });
      for (const topic of await missed(context, lastEventId)) add(topic, []);
      await stream.write(': connected\n\n');
      while (!stream.aborted && !stream.closed) {
        if (gathered.size === 0) await sleep(HEARTBEAT_MS, (resolve) => (wake = resolve));
        if (stream.aborted) break;
        if (gathered.size === 0) {
          await stream.write(': still here\n\n');
          continue;
        }
        await sleep(GATHER_MS);
        if (stream.aborted) break;
        const changes = [...gathered];
        gathered.clear();
        const id = String(await context.store.read(newestEvent));
        for (const [topic, ids] of changes) await stream.writeSSE({ id, event: 'change', data: JSON.stringify({ topic, ids: [...ids] }) });
      }
      stop();
    }, async (error) => {
      // The server stops, or the client went while a line was written: it will come back and resume.
      context.log.debug({ err: error }, 'live.ended');
    });
  });
}

/** What changed since the client heard last; everything, where that is too long ago to tell. */
async function missed({ store }: Context, lastEventId: string | undefined): Promise<readonly Topic[]> {
  if (lastEventId === undefined) return [];
  const rows = await store.read((reader) => listEvents(reader, { after: Number(lastEventId), limit: MOST_MISSED, teams: null }));
  const isKnown = rows.length < MOST_MISSED && (rows.length === 0 || rows[0]!.seq === Number(lastEventId) + 1);
  if (!isKnown) return TOPICS;
  const touched = rows.flatMap((row: EventRow) => TOPICS_OF[row.subjectType] ?? []);
  return [...new Set<Topic>([...touched, ...(rows.length > 0 ? (['events'] as const) : []), 'usage'])];
}

/** @param hand gives away how to end the wait early */
async function sleep(ms: number, hand?: (resolve: () => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms).unref();
  hand?.(resolve);
  await promise;
  clearTimeout(timer);
}
