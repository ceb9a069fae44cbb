// `firn simulate`: what would happen if, change by change, without doing any of it; and keeping the answer as a proposal.
import { Command } from '@commander-js/extra-typings';
import type { ProposalDetail, Simulation, Status } from '../../http/contract/index.ts';
import { collect } from '../amounts.ts';
import { CHANGE_FORMS, readChange, wordsOf } from '../change.ts';
import { simulationText } from '../consequence-text.ts';
import { EXIT } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printOne } from '../output.ts';

export const command = (begin: Begin) =>
  new Command('simulate')
    .description('What changes would do, each on what the one before left; nothing is changed. Exit code 2: something would find no room.')
    .argument('<change...>', 'the first change')
    .option('--then <change>', 'a further change, in quotes; repeat it', collect)
    .option('--save <title>', 'keep it as a proposal with this title')
    .option('--note <text>', 'for whoever approves the proposal')
    .option('--no-proof', 'leave the proven gap out, which is quicker')
    .addHelpText('after', `\nChanges:\n${CHANGE_FORMS.map((form) => `  ${form}`).join('\n')}`)
    .addHelpText('after', examples('simulate drain phy1 phy2', 'simulate lose rack dc1/r01 -o json', 'simulate grow quote.production 1.5x --then "buy"', 'simulate drain phy1 --then "lose host phy2" --then "add 2 like phy1"', 'simulate policy policy.yaml --save "pack tighter"'))
    .action(async (words, { then = [], save, note, proof }, self) => {
      const invocation = begin(self);
      const { io, printing, endWith } = invocation;
      const client = invocation.client();
      const changes = [];
      for (const each of [words, ...then.map(wordsOf)]) changes.push(await readChange(invocation, client, each));
      const saved = save === undefined ? undefined : await client.send<ProposalDetail>('POST', '/proposals', { title: save, changes, ...(note === undefined ? {} : { note }) });
      const simulation = saved?.simulation ?? (await client.send<Simulation>('POST', '/simulate', { changes, withProof: proof }));
      const { currency } = await client.get<Status>('/status');
      await printOne(io, printing, saved ?? simulation, saved?.id ?? String(simulation.parent), () => simulationText(simulation, currency, io.color.out));
      if (saved !== undefined) io.err(`Proposal ${saved.id}: ${saved.stateReason}\n`);
      if (simulation.consequence.unplaced.length > 0) endWith(EXIT.pending);
    });
