// `firn lock`: nobody's release of a service starts in an environment until the lock is lifted (`firn unlock`).
import { Command } from '@commander-js/extra-typings';
import type { DeployLock, ServiceDetail } from '../../http/contract/index.ts';
import { parseDurationMs } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { printOne } from '../output.ts';
import { workloadOf } from './service.ts';

export const command = (begin: Begin) =>
  new Command('lock')
    .description('Keeps releases of a service from starting; what is under way goes on, and rollbacks are never held.')
    .argument('<service>')
    .requiredOption('-e, --environment <name>', 'where')
    .requiredOption('--why <reason>', 'for whoever wants to release')
    .option('--for <duration>', 'ends by itself then: 2h', parseDurationMs)
    .addHelpText('after', examples('lock quote -e production --why "the migration runs" --for 2h'))
    .action(async (service, { environment, why, for: ms }, self) => {
      const { io, printing, client } = begin(self);
      const connected = client();
      const workload = workloadOf(await connected.get<ServiceDetail>(path('services', service)), environment);
      const lock = await connected.send<DeployLock>('PUT', path('workloads', workload.id, 'lock'), { reason: why, ...(ms === undefined ? {} : { minutes: Math.ceil(ms / 60_000) }) });
      await printOne(io, printing, lock, workload.name, () => `${workload.name} is locked by ${lock.holder}${lock.until === null ? '' : ` until ${lock.until}`}: ${lock.reason}\n`);
    });
