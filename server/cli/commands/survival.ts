// `firn survival`: whether any one host, rack or site may die now and everything fits again.
import { Command } from '@commander-js/extra-typings';
import type { SurvivalReport } from '../../http/contract/index.ts';
import { EXIT } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, type Column } from '../output.ts';

type Domain = SurvivalReport['domains'][number];
const COLUMNS: readonly Column<Domain>[] = [
  { title: 'LOSS OF A', value: ({ domain }) => domain },
  { title: 'TRIED', value: ({ tried }) => tried, align: 'right' },
  { title: 'FITS AGAIN', value: ({ survives }) => (survives ? 'yes' : 'no') },
  { title: 'WORST', value: ({ failures }) => (failures[0] === undefined ? null : `${failures[0].label}: ${failures[0].workloads.slice(0, 3).map(({ workload, missing }) => `${missing} of ${workload}`).join(', ')}`) },
];

export const command = (begin: Begin) =>
  new Command('survival')
    .description('Whether any one host, rack or site may die now and everything fits again. Exit code 2: a host or a rack may not.')
    .addHelpText('after', examples('survival', 'survival -o json'))
    .action(async (_options, self) => {
      const { io, printing, client, endWith } = begin(self);
      const report = await client().get<SurvivalReport>('/survival');
      await printList(io, printing, { body: report, rows: report.domains, name: ({ domain, survives }) => `${domain} ${survives ? 'yes' : 'no'}`, columns: COLUMNS, empty: report.sentence });
      if (report.domains.some(({ domain, survives, tried }) => domain !== 'site' && tried > 1 && !survives)) endWith(EXIT.pending);
    });
