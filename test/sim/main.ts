/**
 * `npm run sim -- [--seed X [--trace]] [--hours N] [--hosts N --replicas M]`: replays one seed, runs many, or one large site. Prints what failed with its
 * seed, and figures of this machine. Exit code 1: something failed.
 */
import { parseArgs } from 'node:util';
import { type Outcome, runSeed } from './episodes.ts';
import { runLarge } from './large.ts';
import { makeTemplate, type Template } from './server.ts';
import { shrink } from './shrink.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, trace: { type: 'boolean', default: false }, hours: { type: 'string' }, quiet: { type: 'string', default: '720' }, episodes: { type: 'string', default: '2' }, hosts: { type: 'string' }, replicas: { type: 'string' }, first: { type: 'string', default: '1' } },
});
const hours = number('hours', values.hours ?? '10000');
const quietHours = number('quiet', values.quiet);
const episodes = number('episodes', values.episodes);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

using template = await makeTemplate();
if (values.hosts !== undefined || values.replicas !== undefined) await runLarge(template, { hosts: number('hosts', values.hosts ?? '1000'), replicas: number('replicas', values.replicas ?? '10000') }, say);
else if (values.seed !== undefined) await one(template, values.seed);
else await many(template);

async function one(from: Template, seed: string): Promise<void> {
  const options = { seed, template: from, episodes, quietHours };
  const outcome = await runSeed({ ...options, ...(values.trace ? { write: say } : {}) });
  say(sentenceOf(outcome));
  if (outcome.violation === null) return;
  process.exitCode = 1;
  say(await shrink(options, outcome));
}

async function many(from: Template): Promise<void> {
  const sum = { seeds: 0, hostHours: 0, detailed: 0, events: 0, looks: 0, rightVerdicts: 0, starts: 0 };
  const failed: string[] = [];
  const begun = process.cpuUsage();
  for (let seed = number('first', values.first); sum.hostHours < hours; seed += 1) {
    const outcome = await runSeed({ seed: String(seed), template: from, episodes, quietHours });
    sum.seeds += 1;
    sum.hostHours += outcome.hostHours;
    sum.detailed += outcome.detailedHostHours;
    sum.events += outcome.events;
    sum.looks += outcome.looks;
    sum.rightVerdicts += outcome.rightVerdicts;
    sum.starts += outcome.starts;
    if (outcome.violation === null) continue;
    failed.push(outcome.seed);
    say(sentenceOf(outcome));
  }
  const { user, system } = process.cpuUsage(begun);
  const seconds = (user + system) / 1e6;
  say(`${sum.seeds} seeds, ${sum.hostHours.toFixed(0)} host-hours (${sum.detailed.toFixed(1)} of them event by event, the others skipped as quiet), ${sum.events} events, ${sum.looks} looks at every engine, ${sum.starts} starts of the server, ${sum.rightVerdicts} hosts rightly called lost`);
  say(`${seconds.toFixed(1)} s of CPU: ${(sum.hostHours / seconds).toFixed(0)} host-hours a second, ${((sum.detailed * 3600) / seconds).toFixed(0)} host-seconds a second event by event, ${(sum.events / seconds).toFixed(0)} events a second`);
  say(failed.length === 0 ? 'no seed failed' : `failed: ${failed.join(' ')} (npm run sim -- --seed X --trace)`);
  if (failed.length > 0) process.exitCode = 1;
}

function sentenceOf({ seed, violation, hostHours, detailedHostHours, events, looks, drawn }: Outcome): string {
  const what = `seed ${seed}: ${hostHours.toFixed(0)} host-hours, ${detailedHostHours.toFixed(2)} event by event, ${events} events, ${drawn.length} faults and actions, ${looks} looks`;
  return violation === null ? `${what}: everything held` : `${what}\n  ${violation.message}`;
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} ${text}: must be a number above 0`);
  return value;
}
