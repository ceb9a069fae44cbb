// Which hosts take builds: those whose agent says that it can and which nobody took out by label; and which of them takes the next one.
import type { Context } from '../context.ts';
import { buildsOn } from '../db/builds.ts';
import { type HostRow, listHosts } from '../db/hosts.ts';
import type { Reader } from '../db/store.ts';

/** A host with this label set to `false` gets no builds, whatever its agent says. */
const BUILDER_LABEL = 'firn/builder';

export const isBuilder = ({ labels }: Pick<HostRow, 'labels'>): boolean => labels[BUILDER_LABEL] !== 'false';

export interface Builder {
  readonly id: string;
  readonly name: string;
  /** Builds that it was given already. */
  running: number;
}

export interface Builders {
  /** That could take another build now. */
  readonly free: Builder[];
  /** Why there is none, in a sentence. */
  readonly whyNone: string;
}

/** Hosts that take builds, with what they have to do. */
export async function readBuilders(context: Pick<Context, 'fleet' | 'connections' | 'config'>, reader: Reader): Promise<Builders> {
  const { fleet, connections, config } = context;
  const able = (await listHosts(reader)).filter((host) => isBuilder(host) && fleet.get(host.id)?.report?.builds === true);
  const ready = able.filter(({ id, drainReason }) => fleet.stateOf(id) === 'ready' && connections.has(id) && drainReason === null);
  const counted = await Promise.all(ready.map(async ({ id, name }): Promise<Builder> => ({ id, name, running: (await buildsOn(reader, id)).length })));
  const free = counted.filter(({ running }) => running < config.buildsPerHost);
  if (able.length === 0) return { free, whyNone: `no builder: start the agent of a host with FIRN_AGENT_BUILDS=1, and do not label it ${BUILDER_LABEL}=false` };
  if (ready.length === 0) return { free, whyNone: `no builder is ready: ${able.map(({ name, id }) => `${name} is ${fleet.stateOf(id) === 'ready' ? 'being drained or not connected' : fleet.stateOf(id)}`).join(', ')}` };
  return { free, whyNone: `every builder is busy: ${counted.map(({ name, running }) => `${name} builds ${running}`).join(', ')}` };
}

/** The one with the fewest builds; another one than `notOn`, where there is another. */
export function pickBuilder(free: readonly Builder[], notOn: string | null): Builder | undefined {
  const others = free.filter(({ id }) => id !== notOn);
  return [...(others.length > 0 ? others : free)].sort((one, other) => one.running - other.running || (one.name < other.name ? -1 : 1))[0];
}
