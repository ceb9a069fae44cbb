// `firn unlock`: lifts one's own lock, or as an SRE anybody's.
import { Command } from '@commander-js/extra-typings';
import type { ServiceDetail } from '../../http/contract/index.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { workloadOf } from './service.ts';

export const command = (begin: Begin) =>
  new Command('unlock')
    .description('Lets releases of a service start again.')
    .argument('<service>')
    .requiredOption('-e, --environment <name>', 'where')
    .addHelpText('after', examples('unlock quote -e production'))
    .action(async (service, { environment }, self) => {
      const { io, client } = begin(self);
      const connected = client();
      const workload = workloadOf(await connected.get<ServiceDetail>(path('services', service)), environment);
      await connected.send('DELETE', path('workloads', workload.id, 'lock'));
      io.err(`${workload.name} is unlocked.\n`);
    });
