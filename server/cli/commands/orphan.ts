// `firn orphan`: what is on hosts although nobody assigned it, and what somebody changed there by hand.
import { Command } from '@commander-js/extra-typings';
import type { Drift, DriftView, OrphanDecisionInput, Orphans, OrphanView } from '../../http/contract/index.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const COLUMNS: readonly Column<OrphanView>[] = [
  { title: 'HOST', value: ({ host }) => host },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'ID', value: ({ kind, id }) => (kind === 'directory' ? id : id.slice(0, 12)) },
  { title: 'RUNS', value: ({ isRunning }) => (isRunning === null ? null : isRunning ? 'yes' : 'no') },
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'SINCE', value: ({ since }) => since },
  { title: 'GOES', value: ({ state, removeAt }) => (state === 'going' ? 'now' : state === 'kept' ? 'never: kept' : (removeAt ?? 'when somebody says so')) },
  { title: 'REASON', value: ({ reason }) => reason },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('What carries the mark of this cluster although nobody assigned it. It is removed after a grace, unless somebody keeps it.')
    .option('--host <name>', 'only of this host')
    .addHelpText('after', examples('orphan list', 'orphan list --host phy1'))
    .action(async ({ host }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Orphans>('/orphans', { host });
      if (body.hostsThatDoNotLook.length > 0) io.err(`warning: nothing is known of ${body.hostsThatDoNotLook.join(', ')}: the agent is silent or too old\n`);
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: COLUMNS, empty: 'Nothing is on any host that nobody assigned.' });
    });

const decide = (begin: Begin, verb: OrphanDecisionInput['verb'], description: string) =>
  new Command(verb)
    .description(description)
    .argument('<host>')
    .argument('<id>', 'as `firn orphan list` shows it; the beginning is enough')
    .option('--note <text>', 'for the history')
    .addHelpText('after', examples(`orphan ${verb} phy1 3f9c2b7a91de`))
    .action(async (host, id, { note = '' }, self) => {
      const { io, printing, client } = begin(self);
      const { items } = await client().get<Orphans>('/orphans', { host });
      const found = items.filter((one) => one.id.startsWith(id) || one.name === id);
      const [orphan] = found;
      if (orphan === undefined || found.length > 1) throw usageError(`"${id}" names ${found.length === 0 ? 'no orphan' : `${found.length} orphans`} of ${host}. There are: ${items.map((one) => `${one.kind} ${one.name}`).join(', ') || 'none'}.`);
      const ask: OrphanDecisionInput = { host, kind: orphan.kind, id: orphan.id, verb, note };
      const view = await client().send<OrphanView>('POST', '/orphans/decisions', ask);
      await printOne(io, printing, view, view.id, () => `${view.kind} ${view.name} of ${view.host} ${view.state === 'going' ? 'goes now' : view.state === 'kept' ? 'stays' : `goes ${view.removeAt === null ? 'when somebody says so' : `at ${view.removeAt}`}`}\n`);
    });

const DRIFT_COLUMNS: readonly Column<DriftView>[] = [
  { title: 'HOST', value: ({ host }) => host },
  { title: 'REPLICA', value: ({ replica }) => replica },
  { title: 'ID', value: ({ replicaId }) => replicaId },
  { title: 'WHAT', value: ({ kind }) => kind },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'REPAIRS', value: ({ repairs }) => String(repairs) },
  { title: 'AT', value: ({ at }) => at },
  { title: 'FOUND', value: ({ found }) => found },
];

const drift = (begin: Begin) =>
  new Command('drift')
    .description('What somebody changed by hand on containers within the last minutes, and what became of it.')
    .option('--host <name>', 'only of this host')
    .addHelpText('after', examples('orphan drift', 'orphan drift --host phy1'))
    .action(async ({ host }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Drift>('/drift', { host });
      await printList(io, printing, { body, rows: body.items, name: ({ replicaId }) => replicaId, columns: DRIFT_COLUMNS, empty: 'Nobody changed anything by hand.' });
    });

const resume = (begin: Begin) =>
  new Command('repair')
    .description('Has a replica repaired again whose repair was given up because it came back too often.')
    .argument('<replica-id>')
    .option('--note <text>', 'for the history')
    .addHelpText('after', examples('orphan repair 0199f3c2'))
    .action(async (replicaId, { note = '' }, self) => {
      const { io, printing, client } = begin(self);
      const view = await client().send<DriftView>('POST', '/drift/resume', { replicaId, note });
      await printOne(io, printing, view, view.replicaId, () => `${view.replica} on ${view.host} is repaired again\n`);
    });

export const command = (begin: Begin) =>
  new Command('orphan')
    .description('What is on hosts although nobody assigned it, and what somebody changed there by hand.')
    .addCommand(list(begin))
    .addCommand(decide(begin, 'keep', 'Keeps an orphan, whatever the grace.'))
    .addCommand(decide(begin, 'remove', 'Has an orphan removed at once.'))
    .addCommand(decide(begin, 'wait', 'Takes a decision back: the grace counts again.'))
    .addCommand(drift(begin))
    .addCommand(resume(begin));
