// `firn pack`: packs the workloads of a file onto its hosts as cheaply as the time allows, and proves how cheap it could be at best.
// It talks to no server. What it prints has been checked by code that shares nothing with the packer.
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { EXIT, CliError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { clean, fields, printOne } from '../output.ts';

const MOST_SECONDS = 3600;
/** Kept back for the certificate, the check and the answer, of which the last two are read by a cold process. */
const RESERVE_MS = 60;
const RESERVE_PARTS = 0.04;
const MOST_SEED = 2 ** 32 - 1;

export const command = (begin: Begin) =>
  new Command('pack')
    .description('Packs the workloads of a file onto its hosts, with a proof of how far from the cheapest the result can be.')
    .argument('<file>', 'hosts and workloads, as JSON')
    .option('--seconds <seconds>', 'time for packing', parseSeconds, 10)
    .option('--seed <number>', 'another seed, another search', parseSeed, 1)
    .addHelpText('after', examples('pack site.json', 'pack site.json --seconds 1 --seed 7 -o json'))
    .action(async (file, { seconds, seed }, self) => {
      const { io, printing, endWith } = begin(self);
      const { readInstance } = await import('../instance.ts');
      const instance = await readInstance(file);
      for (const sentence of instance.tooLarge) io.err(`${clean(sentence)}\n`);
      const { runInstance } = await import('../run-instance.ts');
      const result = await runInstance(instance, { milliseconds: seconds * 1000 * (1 - RESERVE_PARTS) - RESERVE_MS, seed });
      if (result.problems.length > 0) throw new CliError('The packing does not hold. This is a fault of Firn.', EXIT.error, result.problems);
      const { body } = result;
      await printOne(io, printing, body, file, () =>
        fields([
          ['Cost an hour', body.cost],
          ['At least', body.bound],
          ['Gap', `${body.gapPercent.toFixed(3)} %`],
          ['Hosts used', body.hostsUsed],
          ['Placed', body.placements.reduce((sum, { count }) => sum + count, 0)],
          ...body.unplaced.map(({ workload, count }) => ['Unplaced', `${count} of ${workload}`] as const),
          ['Seconds', body.seconds],
        ]),
      );
      if (body.unplaced.length > 0) endWith(EXIT.pending);
    });

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0.1 && seconds <= MOST_SECONDS)) throw new InvalidArgumentError(`"${text}" is no time: from 0.1 to ${MOST_SECONDS} seconds are allowed.`);
  return seconds;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (text.trim() === '' || !Number.isInteger(seed) || seed < 0 || seed > MOST_SEED) throw new InvalidArgumentError(`"${text}" is no seed: whole numbers from 0 to ${MOST_SEED} are allowed.`);
  return seed;
}
