// `firn team`: teams.
import { Command } from '@commander-js/extra-typings';
import type { Team } from '../../http/contract/index.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne } from '../output.ts';

const list = (begin: Begin) =>
  new Command('list')
    .description('All teams.')
    .addHelpText('after', examples('team list', 'team list -o name'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: Team[] }>('/teams');
      const columns = [
        { title: 'NAME', value: ({ name }: Team) => name },
        { title: 'TITLE', value: ({ title }: Team) => title },
      ];
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns, empty: 'There is no team: firn team create NAME' });
    });

const create = (begin: Begin) =>
  new Command('create')
    .description('Creates a team.')
    .argument('<name>')
    .option('--title <title>', 'how people call it')
    .addHelpText('after', examples('team create quotes --title "Market quotes"'))
    .action(async (name, { title }, self) => {
      const { io, printing, client } = begin(self);
      const team = await client().send<Team>('POST', '/teams', { name, ...(title === undefined ? {} : { title }) });
      await printOne(io, printing, team, team.name, () => `Team ${team.name} was created. What it may have: firn quota set ${team.name} ENVIRONMENT --cpu 40 --memory 80Gi\n`);
    });

export const command = (begin: Begin) => new Command('team').description('Teams.').addCommand(list(begin)).addCommand(create(begin));
