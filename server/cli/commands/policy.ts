// `firn policy`: the placement rules, read as YAML, changed as a whole from a file.
import { Command } from '@commander-js/extra-typings';
import type { PolicyView } from '../../http/contract/index.ts';
import { parseInteger } from '../amounts.ts';
import { examples, readDocument, type Begin } from '../invocation.ts';
import { printOne } from '../output.ts';

const show = (begin: Begin) =>
  new Command('show')
    .description('The policy in force, as YAML that `policy set` takes.')
    .addHelpText('after', examples('policy show > policy.yaml', 'policy show -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const policy = await client().get<PolicyView>('/policy');
      const { stringify } = await import('yaml');
      await printOne(io, printing, policy, String(policy.version), () => `# version ${policy.version}, by ${policy.createdBy} at ${policy.createdAt}: ${policy.why.replaceAll('\n', ' ')}\n${stringify(policy.record)}`);
    });

const set = (begin: Begin) =>
  new Command('set')
    .description('Replaces the policy by the one in a file. Refused when somebody else changed it since.')
    .requiredOption('-f, --file <file>', 'the whole policy as YAML or JSON, - for standard input')
    .requiredOption('--why <reason>', 'for the history')
    .option('--if-version <version>', 'only if this is the version in force; the present one when left out', parseInteger)
    .addHelpText('after', examples('policy set -f policy.yaml --why "pack tighter over the holidays"', 'policy set -f policy.yaml --if-version 3 --why "as reviewed"'))
    .action(async ({ file, why, ifVersion }, self) => {
      const invocation = begin(self);
      const { io, printing } = invocation;
      const record = await readDocument(invocation, file);
      const client = invocation.client();
      const version = ifVersion ?? (await client.get<PolicyView>('/policy')).version;
      const policy = await client.send<PolicyView>('PUT', '/policy', { record, ifVersion: version, why });
      await printOne(io, printing, policy, String(policy.version), () => `Version ${policy.version} is in force.\n`);
    });

export const command = (begin: Begin) => new Command('policy').description('The placement rules.').addCommand(show(begin)).addCommand(set(begin));
