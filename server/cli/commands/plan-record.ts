// `firn plan record`, `verify` and `replay`: a stored plan as one document, and whether it holds. With a file no server is needed: the checkers
// run here, and trust nothing that the document says of itself.
import { Command } from '@commander-js/extra-typings';
import type { PlanVerdict } from '../../http/contract/index.ts';
import { path, type Client } from '../client.ts';
import { CliError, EXIT, usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printOne } from '../output.ts';

export const recordCommand = (begin: Begin) =>
  new Command('record')
    .description('A plan with everything that it was made from, as JSON: keep it, or check it elsewhere.')
    .argument('<id>')
    .addHelpText('after', examples('plan record 01a1f1a0-… > plan.json'))
    .action(async (id, _options, self) => {
      const { io, client } = begin(self);
      io.out(`${JSON.stringify(await client().get(path('plans', id, 'record')))}\n`);
    });

export const verifyCommand = (begin: Begin) =>
  new Command('verify')
    .description('Whether a stored plan holds: nothing was altered, no invariant is broken, its proof is right. With a file no server is needed. Exit code 1: it does not hold.')
    .argument('<id-or-file>', 'a plan of the server, or a file that `plan record` wrote')
    .addHelpText('after', examples('plan verify 01a1f1a0-…', 'plan verify plan.json'))
    .action(async (target, _options, self) => {
      const invocation = begin(self);
      const verdict = (await readFile(target, false)) ?? (await ask(invocation.client(), target));
      await printOne(invocation.io, invocation.printing, verdict, verdict.ok ? 'ok' : 'not ok', () => textOf(verdict));
      if (!verdict.ok) invocation.endWith(EXIT.error);
    });

export const replayCommand = (begin: Begin) =>
  new Command('replay')
    .description('Makes a stored decision again and compares it bit for bit. Exit code 1: it comes out differently.')
    .argument('<id-or-file>', 'a plan of the server, or a file that `plan record` wrote')
    .addHelpText('after', examples('plan replay 01a1f1a0-…', 'plan replay plan.json'))
    .action(async (target, _options, self) => {
      const invocation = begin(self);
      const verdict = (await readFile(target, true)) ?? (await ask(invocation.client(), target));
      const { replay } = verdict;
      if (replay === null) throw new CliError(`Plan ${verdict.planId} was not made again.`);
      await printOne(invocation.io, invocation.printing, verdict, replay.same ? 'same' : 'different', () => (replay.same ? `Plan ${verdict.planId} comes out again, bit for bit.\n` : `Plan ${verdict.planId} comes out differently: ${replay.difference}.\n`));
      if (!replay.same) invocation.endWith(EXIT.error);
    });

const ask = async (client: Client, id: string): Promise<PlanVerdict> => await client.send<PlanVerdict>('POST', path('plans', id, 'verify'));

function textOf({ sentence, violations, proof }: PlanVerdict): string {
  return `${sentence}\n${violations.map((violation) => `  ${violation}\n`).join('')}${(proof?.problems ?? []).map((problem) => `  ${problem}\n`).join('')}`;
}

/** Undefined where it is no file but an id. @throws CliError naming what is wrong with the file */
async function readFile(target: string, withReplay: boolean): Promise<PlanVerdict | undefined> {
  const { existsSync, readFileSync } = await import('node:fs');
  if (!existsSync(target)) {
    if (/[./\\]/.test(target)) throw usageError(`There is no file ${target}.`);
    return undefined;
  }
  const { verify } = await import('../../worker/verify.ts');
  const { DomainError } = await import('../../errors.ts');
  try {
    const bytes = readFileSync(target);
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = isPacked ? (await import('node:zlib')).gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
    const solve = withReplay ? await (await import('../../solver.ts')).loadSolver() : null;
    return verify(JSON.parse(text) as unknown, solve);
  } catch (error) {
    if (error instanceof DomainError) throw new CliError(`${target}: ${error.message}`);
    if (error instanceof SyntaxError) throw new CliError(`${target} is damaged: it is no JSON (${error.message}).`);
    throw new CliError(`${target} cannot be checked: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
