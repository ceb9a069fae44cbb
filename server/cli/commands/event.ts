// `firn event`: what happened, oldest first as a log reads, and following it while it happens.
import { Command } from '@commander-js/extra-typings';
import type { EventView } from '../../http/contract/index.ts';
import { parseInteger } from '../amounts.ts';
import type { Client } from '../client.ts';
import { examples, type Begin, type Invocation } from '../invocation.ts';
import { clean, printList, type Column } from '../output.ts';

const ASK_EVERY_MS = 1_000;

const COLUMNS: readonly Column<EventView>[] = [
  { title: 'AT', value: ({ at }) => at },
  { title: 'BY', value: ({ actor }) => actor },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'SUBJECT', value: ({ subject }) => subject },
  { title: 'MESSAGE', value: ({ message, why }) => (why === null ? message : `${message} (${why})`) },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('What happened, the newest last.')
    .option('--limit <count>', 'how many at most', parseInteger, 50)
    .option('--subject <name>', 'only about this host, workload, user …')
    .option('--kind <kind>', 'only of this kind: host.lost, or host for all of them')
    .option('-f, --follow', 'go on as more happens')
    .addHelpText('after', examples('event list', 'event list --kind host --limit 20', 'event list --follow', 'event list --follow -o json | jq .message'))
    .action(async ({ limit, subject, kind, follow }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const body = await client.get<{ items: EventView[]; next: string | null }>('/events', { limit, subject, kind });
      const items = body.items.toSorted((one, other) => one.seq - other.seq);
      if (follow === true) return followEvents(invocation, client, items, { subject, kind });
      await printList(invocation.io, invocation.printing, { body: { ...body, items }, rows: items, name: ({ seq }) => String(seq), columns: COLUMNS, empty: 'Nothing happened yet.' });
    });

/** Until it is stopped, which is its usual end. One line for each event, as JSON with `-o json`. */
async function followEvents({ io, printing }: Invocation, client: Client, first: readonly EventView[], filter: { readonly subject: string | undefined; readonly kind: string | undefined }): Promise<void> {
  let after = first.at(-1)?.seq ?? 0;
  let items = first;
  while (!io.signal.aborted) {
    for (const event of items) io.out(printing.output === 'json' ? `${JSON.stringify(event)}\n` : `${COLUMNS.map(({ value }) => clean(value(event))).join('  ')}\n`);
    try {
      await io.wait(ASK_EVERY_MS);
      const body = await client.get<{ items: EventView[] }>('/events', { after, limit: 1000, ...filter });
      items = body.items.toSorted((one, other) => one.seq - other.seq);
    } catch (error) {
      if (io.signal.aborted) return;
      throw error;
    }
    after = items.at(-1)?.seq ?? after;
  }
}

export const command = (begin: Begin) => new Command('event').description('What happened.').addCommand(list(begin));
