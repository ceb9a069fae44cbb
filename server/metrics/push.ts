// One push of a gateway: checked, each workload found and its team's permission asked for, then taken. What names an unknown workload is refused by itself, so
// that a service that was given back does not silence all others of its gateway; what cannot be at all changes nothing.
import type { Workload } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import { InvalidError } from '../errors.ts';
import type { MetricsPush, MetricsPushed } from '../http/contract/metrics.ts';

/** Clocks of servers differ by less; what is older says nothing of now. */
const MOST_APART_MS = 60_000;
/** Gateways of one workload: names are chosen by those who push. */
const MOST_SOURCES = 64;

interface Pusher {
  readonly name: string;
  can(permission: 'metrics.push', team: string): boolean;
}

/** @throws InvalidError for a time that is too far away, or when not one workload could be taken */
export async function takePush({ present, metrics, clock }: Context, actor: Pusher, push: MetricsPush): Promise<MetricsPushed> {
  const now = clock.now();
  const atMs = push.at === undefined ? now : Date.parse(push.at);
  if (Math.abs(atMs - now) > MOST_APART_MS) {
    const message = `is ${Math.round(Math.abs(atMs - now) / 1000)} seconds ${atMs > now ? 'ahead of' : 'behind'} the server's clock (${new Date(now).toISOString()}); at most ${MOST_APART_MS / 1000} are allowed`;
    throw new InvalidError('push-time', `at ${message}.`, [{ field: 'at', value: push.at, message }]);
  }
  const { snapshot } = await present.read();
  const taken: MetricsPushed['taken'] = [];
  const refused: MetricsPushed['refused'] = [];
  for (const [index, each] of push.workloads.entries()) {
    const workload = find(snapshot.workloads, each);
    const why = workload === undefined || !actor.can('metrics.push', workload.team) ? `there is no workload ${each.workload ?? `${each.service}.${each.environment}`} for which ${actor.name} may push` : tooMany(metrics.pushes.ofWorkload(workload.id, now), push.source);
    if (why !== null || workload === undefined) {
      refused.push({ index, message: `workloads[${index}]: ${why}` });
      continue;
    }
    const qps = metrics.pushes.take({ workloadId: workload.id, source: push.source, atMs, counters: each.counters, rates: each.rates, p99Ms: each.p99Ms }, now);
    taken.push({ workloadId: workload.id, workload: workload.name, qps });
  }
  if (taken.length === 0) throw new InvalidError('push-refused', `${refused.map(({ message }) => message).slice(0, 5).join('; ')}.`, refused.map(({ index, message }) => ({ field: `workloads[${index}]`, value: push.workloads[index]!.workload ?? push.workloads[index]!.service, message })));
  return { taken, refused };
}

function find(workloads: readonly Workload[], { workload: id, service, environment }: MetricsPush['workloads'][number]): Workload | undefined {
  return workloads.find((each) => (id === undefined ? each.service === service && each.environment === environment : each.id === id));
}

function tooMany(known: readonly { readonly source: string }[], source: string): string | null {
  return known.length < MOST_SOURCES || known.some((each) => each.source === source) ? null : `it has ${MOST_SOURCES} sources already, and "${source}" is another one`;
}
