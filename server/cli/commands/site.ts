// `firn site`: where hosts and clients are, how data flows between, what is failed, and when names fail over by themselves.
import { Command, Option } from '@commander-js/extra-typings';
import type { FailoverView, SiteView, Sites, StagesList, StagesView } from '../../http/contract/index.ts';
import { collect, collectPairs, cores, memory, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const COLUMNS: readonly Column<SiteView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'DATA', value: ({ data }) => data },
  { title: 'HOSTS UP', value: ({ evidence }) => `${evidence.hostsUp}/${evidence.hosts}`, align: 'right' },
  { title: 'REPLICAS', value: ({ evidence }) => `${evidence.replicasHealthy}/${evidence.replicas}`, align: 'right' },
  { title: 'NAMES', value: ({ names }) => names, align: 'right' },
  { title: 'FREE', value: ({ freeCpuMilli, freeMemoryMib }) => `${cores(freeCpuMilli)} ${memory(freeMemoryMib)}` },
  { title: 'CLIENTS', value: ({ clients }) => clients.join(' ') },
  { title: 'WHY', value: ({ reason }) => reason },
];
const STAGE_COLUMNS: readonly Column<StagesView['sites'][number] & { readonly workload: string }>[] = [
  { title: 'WORKLOAD', value: ({ workload }) => workload },
  { title: 'SITE', value: ({ site }) => site },
  { title: 'STAGE', value: ({ stage }) => stage },
  { title: 'HEALTHY', value: ({ replicasHealthy, replicas }) => `${replicasHealthy}/${replicas}`, align: 'right' },
  { title: 'CLIENTS', value: ({ serves, why }) => (serves ? 'are sent there' : why) },
];
const siteText = ({ name, state, reason, data, evidence }: SiteView): string => `${name} is ${state}: ${reason}. ${data === 'one-way' ? 'Data only arrives there' : 'Data goes both ways'}; ${evidence.sentence}.\n`;

const list = (begin: Begin) =>
  new Command('list')
    .description('Every site with its state and the evidence for it.')
    .addHelpText('after', examples('site list', 'site list -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Sites>('/sites');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'There is no site: a host that joins brings one.' });
    });

/** `dc2=one-way` ... */
function linksOf(pairs: Readonly<Record<string, string>> | undefined) {
  return Object.entries(pairs ?? {}).map(([to, data]) => {
    if (data !== 'both' && data !== 'one-way') throw usageError(`--link ${to}=${data}: say both or one-way.`);
    return { to, data };
  });
}

const set = (begin: Begin) =>
  new Command('set')
    .description('Says anew and whole who is near a site and how its data flows.')
    .argument('<site>')
    .option('--clients <range>', 'addresses of clients to which it is the nearest; repeat it', collect)
    .option('--region <name>', 'where these clients are; repeat it', collect)
    .option('--link <site=direction>', 'data goes there: both, or one-way; repeat it', collectPairs)
    .option('--note <text>', 'for people', '')
    .addHelpText('after', examples('site set dc1 --clients 10.0.0.0/9 --region north --link cloud=one-way', 'site set cloud --clients 10.128.0.0/9 --region south'))
    .action(async (name, { clients, region, link, note }, self) => {
      const { io, printing, client } = begin(self);
      const site = await client().send<SiteView>('PUT', path('sites', name), { clients: clients ?? [], regions: region ?? [], links: linksOf(link), note });
      await printOne(io, printing, site, site.name, () => siteText(site));
    });

const verdict = (begin: Begin, verb: 'fail' | 'restore') =>
  new Command(verb)
    .description(verb === 'fail' ? 'Keeps every client from a site at once, until it is restored by hand.' : 'Lets what is seen decide again.')
    .argument('<site>')
    .requiredOption('--why <reason>', 'for whoever wonders tomorrow')
    .addHelpText('after', examples(`site ${verb} dc2 --why "fibre ${verb === 'fail' ? 'cut' : 'mended'}"`))
    .action(async (name, { why }, self) => {
      const { io, printing, client } = begin(self);
      const site = await client().send<SiteView>('POST', path('sites', name, 'verdict'), { verdict: verb === 'fail' ? 'failed' : 'automatic', reason: why });
      await printOne(io, printing, site, site.name, () => siteText(site));
    });

const remove = (begin: Begin) =>
  new Command('rm')
    .description('Forgets what was declared of a site; its hosts stay.')
    .argument('<site>')
    .addHelpText('after', examples('site rm cloud'))
    .action(async (name, _options, self) => {
      const { io, client } = begin(self);
      await client().send('DELETE', path('sites', name));
      io.err(`What was declared of ${name} is forgotten.\n`);
    });

const failover = (begin: Begin) =>
  new Command('failover')
    .description('When names fail over by themselves, and what waits for a person; with options: sets the rules.')
    .option('--down-after <seconds>', 'how long evidence must say so', parseInteger)
    .option('--up-after <seconds>', 'how long it must be well until clients come back', parseInteger)
    .option('--most-names <permille>', 'names that may fail over within ten minutes, each for itself', parseInteger)
    .addOption(new Option('--automatic <yesno>', 'whether it happens without a person').choices(['yes', 'no'] as const))
    .addHelpText('after', examples('site failover', 'site failover --down-after 10 --up-after 120', 'site failover --automatic no'))
    .action(async ({ downAfter, upAfter, mostNames, automatic }, self) => {
      const { io, printing, client: connect } = begin(self);
      const client = connect();
      const before = await client.get<FailoverView>('/failover');
      const change = { ...(downAfter === undefined ? {} : { downAfterSeconds: downAfter }), ...(upAfter === undefined ? {} : { upAfterSeconds: upAfter }), ...(mostNames === undefined ? {} : { mostNamesPermille: mostNames }), ...(automatic === undefined ? {} : { isAutomatic: automatic === 'yes' }) };
      const view = Object.keys(change).length === 0 ? before : await client.send<FailoverView>('PUT', '/failover', { ...before.rules, ...change });
      await printOne(io, printing, view, 'failover', () => failoverText(view));
    });

function failoverText({ rules, failed, held }: FailoverView): string {
  const how = rules.isAutomatic ? `Names fail over after ${rules.downAfterSeconds} s and come back after ${rules.upAfterSeconds} s; at most ${rules.mostNamesPermille / 10} % of them within ten minutes without a person.` : 'Names fail over only when a person says so.';
  const lines = [...failed.map(({ name, site, reason }) => `${name} is failed at ${site}: ${reason}`), ...held.map(({ name, site, reason }) => `${name ?? site} waits for a person: ${reason}`)];
  return `${[how, ...lines].join('\n')}\n`;
}

const stages = (begin: Begin) =>
  new Command('stages')
    .description('How far services are at each site.')
    .addHelpText('after', examples('site stages', 'site stages -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<StagesList>('/stages');
      const rows = body.items.flatMap(({ service, environment, sites }) => sites.map((site) => ({ ...site, workload: `${service}.${environment}` })));
      await printList(io, printing, { body, rows, name: ({ workload, site }) => `${workload}/${site}`, columns: STAGE_COLUMNS, empty: 'No service has capacity.' });
    });

const stage = (begin: Begin) =>
  new Command('stage')
    .description('Says anew and whole how far a service is at each site. Only what is declared read-only serves where data only arrives.')
    .argument('<service>')
    .option('-e, --environment <name>', 'which workload', 'production')
    .addOption(new Option('--layer <layer>', 'of the service').choices(['access', 'service', 'data'] as const).default('service' as const))
    .option('--read-only', 'it writes no data')
    .option('--at <site=stage>', 'none, proxy-back, local, read-only or active-active; repeat it', collectPairs)
    .addHelpText('after', examples('site stage quote --read-only --at dc1=active-active --at cloud=read-only', 'site stage gate --layer access --at cloud=proxy-back'))
    .action(async (service, { environment, layer, readOnly, at }, self) => {
      const { io, printing, client } = begin(self);
      const view = await client().send<StagesView>('PUT', path('stages', service, environment), { layer, isReadOnly: readOnly === true, stages: at ?? {} });
      await printOne(io, printing, view, `${service}.${environment}`, () => view.sites.map(({ site, stage: now, why }) => `${site}: ${now}; ${why}\n`).join(''));
    });

export const command = (begin: Begin) =>
  new Command('site').description('Where hosts and clients are, and what is failed.').addCommand(list(begin)).addCommand(set(begin)).addCommand(remove(begin)).addCommand(verdict(begin, 'fail')).addCommand(verdict(begin, 'restore')).addCommand(failover(begin)).addCommand(stages(begin)).addCommand(stage(begin));
