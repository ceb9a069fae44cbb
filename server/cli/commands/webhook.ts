// `firn webhook`: who hears of builds and rollouts.
import { Command, Option } from '@commander-js/extra-typings';
import type { Webhooks, WebhookTested, WebhookView } from '../../http/contract/index.ts';
import { collect } from '../amounts.ts';
import { path } from '../client.ts';
import { CliError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const lastText = ({ deliveries: [last] }: WebhookView): string | null => (last === undefined ? null : `${last.outcome ?? 'waits'}: ${last.lastStatus ?? 'not tried yet'}`);
const COLUMNS: readonly Column<WebhookView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'TEAM', value: ({ team }) => team ?? 'all' },
  { title: 'EVENTS', value: ({ events }) => events.join(' ') },
  { title: 'ENABLED', value: ({ isEnabled }) => (isEnabled ? 'yes' : 'no') },
  { title: 'LAST', value: lastText },
  { title: 'URL', value: ({ url }) => url },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Every webhook, and what came of its last delivery.')
    .addHelpText('after', examples('webhook list', 'webhook list -o yaml'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Webhooks>('/webhooks');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'Nobody is told: firn webhook add NAME URL --event rollout.started' });
    });

const add = (begin: Begin) =>
  new Command('add')
    .description('Tells somebody of builds and rollouts. The key of signatures is read from standard input with --secret-stdin.')
    .argument('<name>')
    .argument('<url>')
    .requiredOption('--event <name>', 'rollout.started, rollout.failed, build.succeeded ...; repeat it', collect)
    .addOption(new Option('--kind <kind>', 'what is sent').choices(['event', 'commit-status'] as const).default('event' as const))
    .option('--team <team>', 'only what this team does')
    .option('--secret-stdin', 'read the key of signatures, or the Authorization header of a commit status, from standard input')
    .addHelpText('after', examples('webhook add chat https://chat.example.org/hook --event rollout.failed --event rollout.held', 'webhook add code https://code.example.org/repos/quote/statuses/{commit} --kind commit-status --event build.succeeded --event build.failed --secret-stdin < token.txt'))
    .action(async (name, url, { event, kind, team, secretStdin }, self) => {
      const { io, printing, client } = begin(self);
      const secret = secretStdin === true ? (await io.stdin()).replace(/\r?\n$/, '') : undefined;
      const hook = await client().send<WebhookView>('POST', '/webhooks', { name, url, events: event, kind, ...(team === undefined ? {} : { team }), ...(secret === undefined ? {} : { secret }) });
      await printOne(io, printing, hook, hook.name, () => `${hook.name} hears ${hook.events.join(', ')}. Try it: firn webhook test ${hook.name}\n`);
    });

const tryOne = (begin: Begin) =>
  new Command('test')
    .description('Says something to a webhook now, and shows what it answered.')
    .argument('<name>')
    .addHelpText('after', examples('webhook test chat'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const tested = await client().send<WebhookTested>('POST', path('webhooks', name, 'test'));
      if (!tested.isHeard) throw new CliError(`${name} did not hear it: ${tested.status}.`);
      await printOne(io, printing, tested, name, () => `${name} heard it: ${tested.status}.\n`);
    });

const remove = (begin: Begin) =>
  new Command('rm')
    .description('Removes a webhook, with what was still to be said to it.')
    .argument('<name>')
    .addHelpText('after', examples('webhook rm chat'))
    .action(async (name, _options, self) => {
      const { io, client } = begin(self);
      await client().send('DELETE', path('webhooks', name));
      io.err(`${name} is removed.\n`);
    });

export const command = (begin: Begin) => new Command('webhook').description('Who hears of builds and rollouts.').addCommand(add(begin)).addCommand(list(begin)).addCommand(tryOne(begin)).addCommand(remove(begin));
