// A workload as people write it -> its id.
import type { ServiceView } from '../http/contract/index.ts';
import { type Client, path } from './client.ts';
import { CliError, usageError } from './exit.ts';

/** `quote.production` -> its id. @throws CliError saying where the service runs */
export async function workloadIdOf(client: Client, name: string): Promise<string> {
  const at = name.lastIndexOf('.');
  if (at < 1) throw usageError(`"${name}" is no workload: write it as SERVICE.ENVIRONMENT.`);
  const service = await client.get<ServiceView>(path('services', name.slice(0, at)));
  const workload = service.workloads.find(({ environment }) => environment === name.slice(at + 1));
  if (workload === undefined) throw new CliError(`${service.name} has no capacity in ${name.slice(at + 1)}; it runs in: ${service.workloads.map(({ environment }) => environment).join(', ')}.`);
  return workload.id;
}
