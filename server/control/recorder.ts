// Writes down what plans were made from, beside the planner and not in its way: what changed since the record before, packed on Node's own
// threads. A record that cannot be written is missed and said in the log; the plan stands without it.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { DecisionInput } from '#scheduler/questions/model.ts';
import type { Context } from '../context.ts';
import { insertInput } from '../db/inputs.ts';
import { type Body, openTracker } from '../worker/record.ts';
import type { Present } from './present.ts';

export interface Recorder extends AsyncDisposable {
  /** Writes soon; waits only while very much waits to be written. */
  note(planId: string, present: Present, decision: DecisionInput): Promise<void>;
  /** Resolves when everything noted so far is written. */
  settled(): Promise<void>;
}

/** A chain that is longer takes too long to read. */
const LONGEST_CHAIN = 200;
/** Plans that may wait to be written: each keeps its snapshot in memory, most of it shared. */
const MOST_WAITING = 64;
/** Turned into text at once, so that a whole snapshot of a large cluster does not hold everybody up. */
const ITEMS_AT_ONCE = 2_000;
const LEVEL = { level: 1 } as const;

const pack = promisify(gzip) as (text: string, options: typeof LEVEL) => Promise<Buffer>;

export function openRecorder({ store, clock, log }: Pick<Context, 'store' | 'clock' | 'log'>): Recorder {
  const tracker = openTracker(() => new Promise(setImmediate));
  let chain = { id: '', place: 0, wholeBytes: 0, changeBytes: 0 };
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;

  const write = async (planId: string, { snapshot, base }: Present, decision: DecisionInput): Promise<void> => {
    // As much is read again as is saved by going on: then a new chain is as good.
    if (chain.id === '' || chain.place + 1 >= LONGEST_CHAIN || chain.changeBytes > chain.wholeBytes) tracker.forget();
    const body = await tracker.next(snapshot, base.replicasOf);
    const packed = body.form === 'whole' ? await packWhole(body) : await pack(JSON.stringify(body), LEVEL);
    const isWhole = body.form === 'whole';
    chain = isWhole ? { id: planId, place: 0, wholeBytes: packed.length, changeBytes: 0 } : { ...chain, place: chain.place + 1, changeBytes: chain.changeBytes + packed.length };
    await store.tx((tx) => insertInput(tx, { planId, chainId: chain.id, place: chain.place, decision, body: packed, digest: digestOf(packed), proof: null, createdAt: clock.now() }));
  };
  const writeAfter = async (before: Promise<void>, ...noted: Parameters<typeof write>): Promise<void> => {
    await before;
    try {
      await write(...noted);
    } catch (error) {
      chain = { id: '', place: 0, wholeBytes: 0, changeBytes: 0 };
      log.warn({ err: error, plan: noted[0] }, 'plan.not-recorded');
    }
    waiting -= 1;
  };
  return {
    async note(planId, present, decision) {
      waiting += 1;
      last = writeAfter(last, planId, present, decision);
      if (waiting > MOST_WAITING) await last;
    },
    settled: async () => await last,
    [Symbol.asyncDispose]: async () => await last,
  };
}

const digestOf = (packed: Uint8Array): string => createHash('sha256').update(packed).digest('hex');

/** The same bytes as packing the JSON of the whole, piece by piece. */
async function packWhole(body: Extract<Body, { form: 'whole' }>): Promise<Buffer> {
  const { replicas, workloads, hosts, ...rest } = body.snapshot;
  const zip = createGzip(LEVEL);
  const parts: Buffer[] = [];
  zip.on('data', (part: Buffer) => parts.push(part));
  zip.write(`{"form":"whole","snapshot":${JSON.stringify(rest).slice(0, -1)}`);
  for (const [name, items] of Object.entries({ hosts, workloads, replicas } as Record<string, readonly unknown[]>)) {
    zip.write(`,"${name}":[`);
    for (let start = 0; start < items.length; start += ITEMS_AT_ONCE) {
      zip.write(`${start === 0 ? '' : ','}${JSON.stringify(items.slice(start, start + ITEMS_AT_ONCE)).slice(1, -1)}`);
      await new Promise(setImmediate);
    }
    zip.write(']');
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  zip.on('end', resolve).on('error', reject).end('}}');
  await promise;
  return Buffer.concat(parts);
}
