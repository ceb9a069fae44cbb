/**
 * Long-lived processes on a host of the lab: its engine, its agent, whatever a test puts there.
 * Takes a namespace, a control group and an argument array; gives a handle to stop it and to hear of its end.
 * The process enters its control group before it runs anything, so that it can never escape a crash or `down`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LAB_ENVIRONMENT } from './run.ts';
import { inNamespace, type Command } from './topology.ts';

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  /** Added to the lab's fixed environment; nothing of the caller's environment is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly cwd?: string;
}

const ENTER_GROUP = 'echo $$ > "$0/cgroup.procs" && exec "$@"';

/** A process that the lab started. Its id stays the same through the wrappers, because each replaces itself by the next. */
export class HostProcess {
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process has ended; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, pid: number, logFile: string) {
    this.#child = child;
    this.pid = pid;
    this.logFile = logFile;
    this.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal; false when the process is dead already. */
  signal(signal: NodeJS.Signals): boolean {
    return this.running && this.#child.kill(signal);
  }

  /** Asks the process to end, and kills it when it has not at the deadline. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', deadlineMs = 10_000): Promise<ProcessEnd> {
    this.signal(signal);
    const timer = setTimeout(() => this.signal('SIGKILL'), deadlineMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The last lines that it wrote, for messages about its failure. */
  async tail(lines = 8): Promise<string> {
    const text = await readFile(this.logFile, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }
}

/** Starts a command in a network namespace and a control group, in a session of its own: Ctrl-C in a terminal does not reach it. */
export async function startProcess(place: { namespace: string; group: string }, command: Command, options: SpawnOptions): Promise<HostProcess> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  try {
    const child = spawn('/bin/sh', ['-c', ENTER_GROUP, place.group, ...inNamespace(place.namespace, command)], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...LAB_ENVIRONMENT, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    if (child.pid === undefined) throw new Error(`${command.join(' ')}: did not start`);
    return new HostProcess(child, child.pid, options.logFile);
  } finally {
    closeSync(log);
  }
}
