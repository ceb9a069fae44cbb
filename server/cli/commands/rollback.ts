// `firn rollback`: back at once, whether a rollout is under way or long over.
import { Command } from '@commander-js/extra-typings';
import type { RolloutDetail, ServiceDetail } from '../../http/contract/index.ts';
import { parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { finish, releaseOf } from './rollout.ts';
import { workloadOf } from './service.ts';

export const command = (begin: Begin) =>
  new Command('rollback')
    .description('Goes back at once: what is under way turns round, else to the release before. Exit codes: 0 done, 2 it could not, 3 it waits for a person.')
    .argument('<service>')
    .requiredOption('-e, --environment <name>', 'where')
    .requiredOption('--why <reason>', 'for the history')
    .option('--to <version>', 'another one than the release before', parseInteger)
    .option('--detach', 'do not follow it')
    .addHelpText('after', examples('rollback quote -e production --why "errors since 10:05"', 'rollback quote -e production --to 5 --why "the last good one"'))
    .action(async (service, { environment, why, to, detach }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const workload = workloadOf(await client.get<ServiceDetail>(path('services', service)), environment);
      const releaseId = to === undefined ? undefined : (await releaseOf(client, service, environment, to)).id;
      const begun = await client.send<RolloutDetail>('POST', path('workloads', workload.id, 'rollback'), { why, ...(releaseId === undefined ? {} : { releaseId }) });
      await finish(invocation, client, begun, detach, begun.kind === 'rollback' ? ['succeeded'] : ['rolled-back']);
    });
