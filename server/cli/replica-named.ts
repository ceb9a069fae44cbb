// What people call a service or a replica -> what the API calls it.
import type { LogReplica } from '../http/contract/index.ts';
import { type Client, path, RefusedError } from './client.ts';
import { CliError } from './exit.ts';

export type Spoken = { readonly kind: 'service'; readonly service: string; readonly environment: string | undefined } | { readonly kind: 'replica'; readonly id: string; readonly name: string };

const orNothing = async <T>(asked: Promise<T>): Promise<T | undefined> =>
  await asked.catch((error: unknown) => {
    if (error instanceof RefusedError && error.problem.status === 404) return undefined;
    throw error;
  });

/** `quote`, `quote.production`, `quote-production-0`, or the id of a replica. @throws CliError when nothing is called so */
export async function whatIsCalled(client: Client, text: string): Promise<Spoken> {
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-/.test(text)) return { kind: 'replica', id: text, name: text };
  const [service = '', environment] = text.split('.');
  if (environment !== undefined) return { kind: 'service', service, environment };
  const replica = await replicaCalled(client, text);
  if (replica !== undefined) return { kind: 'replica', id: replica.replicaId, name: text };
  if ((await orNothing(client.get(path('services', text)))) === undefined) throw new CliError(`Nothing is called ${text}: give a service, SERVICE.ENVIRONMENT, the name of a replica such as quote-production-0, or a replica's id.`);
  return { kind: 'service', service: text, environment: undefined };
}

/** The replica of that name: the one that runs, or else the one that was there last. */
async function replicaCalled(client: Client, name: string): Promise<LogReplica | undefined> {
  if (!/-\d+$/.test(name)) return undefined;
  const parts = name.split('-');
  // SERVICE-ENVIRONMENT-ORDINAL, and services may have dashes in them.
  for (let end = parts.length - 2; end >= 1; end -= 1) {
    const found = await orNothing(client.get<{ items: LogReplica[] }>(path('services', parts.slice(0, end).join('-'), 'logs', 'replicas')));
    const replica = found?.items.find((one) => one.replica === name);
    if (replica !== undefined) return replica;
  }
  return undefined;
}
