// What a client is told about a name: looked up in memory, counted, and explained. Every responder asks here, so that all say the same.
import { answer } from '#scheduler/sites/answer.ts';
import type { AnswerCode } from '#scheduler/sites/model.ts';
import type { Context } from '../context.ts';

export interface Told {
  readonly name: string;
  readonly ttlSeconds: number;
  readonly port: number;
  /** In the order in which the client should try them. */
  readonly addresses: readonly string[];
  /** True: nothing looked well, and this is the best there is. */
  readonly isDegraded: boolean;
  readonly code: AnswerCode;
  readonly why: string;
  readonly site: string | null;
  /** The client's own site. */
  readonly near: string | null;
}

/** What is told as a makeshift should be asked for again soon. */
const MAKESHIFT_TTL_SECONDS = 10;
const MAKESHIFT: readonly AnswerCode[] = ['leaving', 'against-weights', 'unhealthy', 'nothing'];

/**
 * @param client bytes of the client's address, or of its network
 * @param via absent: somebody only looks, and it is not counted
 * @returns undefined for a name that is not known
 */
export function tell({ steering: { directory }, observations }: Pick<Context, 'steering' | 'observations'>, asked: string, client: readonly number[], via?: 'http' | 'dns'): Told | undefined {
  const name = plain(asked);
  const known = directory.names.get(name);
  if (known === undefined) return undefined;
  const near = directory.near(client);
  const { targets, site, code, why } = answer(known.ready, client, near);
  if (via !== undefined) observations.count(name, via, { near, site, client });
  const { ttlSeconds } = known.row;
  return {
    name,
    ttlSeconds: MAKESHIFT.includes(code) ? Math.min(ttlSeconds, MAKESHIFT_TTL_SECONDS) : ttlSeconds,
    port: known.port,
    addresses: targets.map(({ address }) => address),
    isDegraded: code === 'unhealthy' || code === 'nothing',
    code,
    why,
    site,
    near,
  };
}

/** Lower case, without the last dot. */
export const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
