/**
 * Runs everything that proves Firn right, and ends with one line: `N passed, N failed` (and `, N skipped` with the reasons above it).
 * Takes names of checks to run only those (lint, types, unit, web, lab, console); other arguments go to vitest as file filters.
 * Exit code 1 when anything failed or nothing ran. A check that crashes or hangs counts as failed, with the end of its output.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { whyNoLab } from './lab/ability.ts';
import { busyboxImage, demoImage } from './lab/images.ts';
import { removeDeadLabs } from './lab/remove.ts';
import { until } from './lab/until.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const LOGS = join(ROOT, '.firn', 'log');
/** The slowest check needs a few minutes on two busy cores; one that needs more hangs. */
const DEADLINE_MS = 20 * 60_000;
/** Labs that send requests to their services all the time, by name. */
const USED_LABS = ['chaos', 'market', 'product', 'release'];
/** A process that is killed is gone in milliseconds, unless the kernel writes for it. */
const END_MS = 5_000;
const MAX_FAILURES_SHOWN = 20;
const MAX_LINES_SHOWN = 200;

interface Outcome {
  readonly passed: number;
  /** Names of what failed. */
  readonly failures: readonly string[];
  /** What was said about the failures, for a person. */
  readonly detail?: string;
  /** Why each skipped test was skipped, or its name. */
  readonly skipped: readonly string[];
}

interface Check {
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

const chosen = process.argv.slice(2);
const checks: readonly Check[] = [
  { name: 'lint', run: () => command('lint', [['oxlint', '--format', 'unix']]) },
  { name: 'types', run: types },
  { name: 'unit', run: () => vitest('unit') },
  { name: 'web', run: () => vitest('web') },
  { name: 'lab', run: lab },
  { name: 'console', run: browser },
];
const names = new Set(checks.map((check) => check.name));
const only = chosen.filter((argument) => names.has(argument));
const filters = chosen.filter((argument) => !names.has(argument));
/** Process groups of the children, for a signal that ends the run. */
const children = new Set<number>();
let interrupted = false;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true;
    for (const pid of children) endGroup(pid, 'SIGTERM');
  });
}
mkdirSync(LOGS, { recursive: true });
process.exitCode = await main();

async function main(): Promise<number> {
  const outcomes: Outcome[] = [];
  for (const check of checks) {
    if (interrupted || (only.length > 0 && !only.includes(check.name))) continue;
    const start = performance.now();
    const outcome = await check.run();
    outcomes.push(outcome);
    show(check.name, outcome, (performance.now() - start) / 1000);
  }
  const sum = (count: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const [passed, failed, skipped] = [sum((one) => one.passed), sum((one) => one.failures.length), sum((one) => one.skipped.length)];
  if (interrupted) console.log('stopped by a signal: what follows is not everything');
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed > 0 || passed === 0 || interrupted ? 1 : 0;
}

function show(name: string, outcome: Outcome, seconds: number): void {
  const counts = [`${outcome.passed} passed`, `${outcome.failures.length} failed`, ...(outcome.skipped.length > 0 ? [`${outcome.skipped.length} skipped`] : [])];
  console.log(`${name.padEnd(8)} ${counts.join(', ')} in ${seconds.toFixed(1)} s`);
  for (const reason of new Set(outcome.skipped)) console.log(`  skipped: ${reason}`);
  for (const failure of outcome.failures.slice(0, MAX_FAILURES_SHOWN)) console.log(`  FAILED ${failure}`);
  const lines = stripVTControlCharacters(outcome.detail ?? '').trim().split('\n');
  for (const line of lines.slice(0, MAX_LINES_SHOWN)) if (line !== '') console.log(`    ${line}`);
  const hidden = outcome.failures.length - MAX_FAILURES_SHOWN;
  if (hidden > 0 || lines.length > MAX_LINES_SHOWN) console.log(`    ... and more in ${relative(ROOT, LOGS)}`);
}

/** One test that passes when every command ends with 0. */
async function command(name: string, commands: readonly (readonly string[])[]): Promise<Outcome> {
  const outputs: string[] = [];
  for (const [index, line] of commands.entries()) {
    const { code, output } = await execute(index === 0 ? name : `${name}-${index + 1}`, line);
    if (code !== 0) outputs.push(output);
  }
  return { passed: outputs.length === 0 ? 1 : 0, failures: outputs.length === 0 ? [] : [name], detail: outputs.join('\n'), skipped: [] };
}

function types(): Promise<Outcome> {
  const projects = ['.', ...(existsSync(join(ROOT, 'web', 'tsconfig.json')) ? ['web'] : [])];
  return command('types', projects.map((project) => ['tsc', '--project', project, '--noEmit', '--pretty', 'false']));
}

async function lab(): Promise<Outcome> {
  const reason = await whyNoLab();
  if (reason !== undefined) return skip('lab', reason);
  await removeLeftOvers();
  // Made once, before two rows ask for them at the same time.
  await Promise.allSettled([demoImage(), busyboxImage()]);
  const outcomes = await Promise.all((await labRows()).map((files, row) => vitest('lab', files, row === 0 ? 'lab' : `lab-${row + 1}`)));
  await removeLeftOvers();
  return {
    passed: outcomes.reduce((total, { passed }) => total + passed, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
    detail: outcomes.map(({ detail = '' }) => detail).join('\n'),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
  };
}

/**
 * Which labs run one after the other, in rows that run side by side: engines, agents and time-outs are mostly waited for, so that one row alone
 * leaves the cores idle. Labs whose services are used meanwhile are in one row; two of those would take each other's cores.
 */
async function labRows(): Promise<string[][]> {
  // Whoever gives vitest options of its own asks for one run.
  if (filters.some((filter) => filter.startsWith('-'))) return [filters];
  const labs = (await readdir(join(ROOT, 'test', 'lab'))).filter((file) => file.endsWith('.lab.ts')).map((file) => `test/lab/${file}`);
  const wanted = labs.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  const isUsed = (file: string): boolean => USED_LABS.some((name) => file === `test/lab/${name}.lab.ts`);
  return [wanted.filter(isUsed), wanted.filter((file) => !isUsed(file))].filter((row) => row.length > 0);
}

/** A run that was killed could not take its labs down; what it left would be in the way of a lab or a demo with the same addresses. */
async function removeLeftOvers(): Promise<void> {
  const left = await removeDeadLabs();
  if (left.length > 0) console.log(`removed what a killed run left behind: lab ${left.join(', ')}`);
}

async function browser(): Promise<Outcome> {
  if (process.env.FIRN_CONSOLE === 'failed') {
    const detail = await readFile(join(LOGS, 'console-build.log'), 'utf8').catch(() => 'no log');
    return { passed: 0, failures: ['the console cannot be built'], detail, skipped: [] };
  }
  if (!existsSync(join(ROOT, 'dist', 'console', 'index.html'))) return skip('console', 'the console is not built (npm run build)');
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = ['chromium', 'chromium-browser', 'google-chrome'].some((program) => folders.some((folder) => existsSync(join(folder, program))));
  return found ? vitest('console') : skip('console', 'no Chromium on this machine (Debian: apt-get install chromium)');
}

/** What a project would have run, counted as skipped for one reason. */
async function skip(project: string, reason: string): Promise<Outcome> {
  const file = join(LOGS, `list-${project}.json`);
  await rm(file, { force: true });
  await execute(`list-${project}`, ['vitest', 'list', '--project', project, `--json=${file}`, ...filters]);
  const listed = await readFile(file, 'utf8').then((text) => (JSON.parse(text) as unknown[]).length).catch(() => 1);
  return { passed: 0, failures: [], skipped: Array<string>(listed).fill(reason) };
}

/** What vitest's JSON reporter writes, as far as it is read here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: 'passed' | 'failed';
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** @param log name of what is kept of it below .firn/log */
async function vitest(project: string, files: readonly string[] = filters, log = project): Promise<Outcome> {
  const file = join(LOGS, `test-${log}.json`);
  await rm(file, { force: true });
  const { code, output } = await execute(`test-${log}`, [
    'vitest', 'run', '--project', project, '--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...files,
  ]);
  const report = await readFile(file, 'utf8').then((text) => JSON.parse(text) as VitestReport).catch(() => undefined);
  const outcome = report ? outcomeOf(report) : { passed: 0, failures: [], skipped: [] };
  if (code === 0 && outcome.failures.length === 0) return outcome;
  // An error outside every test (a crashed worker, an unhandled rejection) shows only in the exit code.
  const failures = outcome.failures.length > 0 ? outcome.failures : [`${project}: vitest ended with ${code} outside any test`];
  return { ...outcome, failures, detail: failuresIn(output) };
}

/** The part of vitest's output that tells of failures, with their differences and source lines; else the end of it. */
function failuresIn(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n');
  const first = lines.findIndex((line) => /^\s*⎯+.* (Failed|Unhandled) /.test(line));
  const last = lines.findIndex((line) => /^\s*Test Files /.test(line));
  if (first < 0) return lines.slice(-30).join('\n');
  // Rulers and places inside the packages tell nothing about a failure.
  return lines.slice(first, last < first ? undefined : last).filter((line) => !/^\s*⎯|❯.*node_modules/.test(line)).join('\n');
}

function outcomeOf(report: VitestReport): Outcome {
  const failures: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  for (const file of report.testResults) {
    const path = relative(ROOT, file.name);
    let failedHere = 0;
    for (const result of file.assertionResults) {
      const name = `${path} > ${result.fullName}`;
      if (result.status === 'passed') passed += 1;
      else if (result.status === 'failed') {
        failures.push(name);
        failedHere += 1;
      } else skipped.push(name);
    }
    // The file itself failed: an import that throws, a hook that fails.
    if (file.status === 'failed' && failedHere === 0) failures.push(path);
  }
  return { passed, failures, skipped };
}

/** Runs a program of the project; its output goes to a log and is given back. In a process group of its own, to be ended whole. */
async function execute(log: string, line: readonly string[]): Promise<{ code: number | string; output: string }> {
  const path = join(LOGS, `${log}.log`);
  const file = openSync(path, 'w');
  const [program = '', ...parameters] = line;
  const child = spawn(join(BIN, program), parameters, {
    cwd: ROOT,
    stdio: ['ignore', file, file],
    detached: true,
    // The programs begin with `#!/usr/bin/env node`: that must be the pinned Node.
    env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  closeSync(file);
  const { pid } = child;
  if (pid !== undefined) children.add(pid);
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    if (pid !== undefined) endGroup(pid, 'SIGKILL');
  }, DEADLINE_MS);
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (status, signal) => resolve(status ?? signal ?? 'unknown'));
  });
  clearTimeout(timer);
  if (pid !== undefined) {
    await endRest(pid);
    children.delete(pid);
  }
  return { code: hung ? `no end within ${DEADLINE_MS / 60_000} minutes` : code, output: await readFile(path, 'utf8') };
}

/** Of a program that was told to stop, workers may go on for a while, and have what they made: nothing of it may be left when it is cleaned up. */
async function endRest(pid: number): Promise<void> {
  endGroup(pid, 'SIGKILL');
  await until('its workers are gone', async () => !isThere(-pid), END_MS).catch(() => undefined);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group ended by itself.
  }
}
