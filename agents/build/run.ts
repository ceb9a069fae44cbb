// The only file of the builder that starts processes (git, debootstrap, tar, ssh through git): no shell, a deadline each, its whole group killed.
// Takes an argument array; gives what it wrote, or a CommandFailure with what it said. Knows nothing of builds.
import { spawn } from 'node:child_process';
import { PassThrough, type Readable } from 'node:stream';

export interface CommandOptions {
  readonly args: readonly string[];
  readonly limitMs: number;
  readonly cwd?: string;
  /** Beside a fixed path and language; nothing of this process's own environment is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
  /** Hears standard output and error as they come. */
  readonly onOutput?: (text: string) => void;
  /** Takes standard output instead of it being collected. */
  readonly consume?: ((stdout: Readable) => Promise<void>) | undefined;
}

/** A command that did not end well. */
export class CommandFailure extends Error {
  override name = 'CommandFailure';
  readonly code: number | null;
  /** The end of standard error. */
  readonly said: string;
  readonly isOverdue: boolean;

  constructor(sentence: string, more: { code: number | null; said: string; isOverdue: boolean }) {
    super(sentence);
    this.code = more.code;
    this.said = more.said;
    this.isOverdue = more.isOverdue;
  }
}

const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', HOME: '/nonexistent' };
/** What is kept of standard error: the end says what went wrong. */
const MOST_SAID = 16_384;
const MOST_COLLECTED = 16 << 20;

/** Runs a command and gives its standard output. Rejects with CommandFailure, or with the signal's reason. */
export async function runCommand(options: CommandOptions): Promise<string> {
  options.signal?.throwIfAborted();
  const [file = '', ...rest] = options.args;
  // A group of its own: git and debootstrap start helpers, which must end with them.
  const child = spawn(file, rest, { cwd: options.cwd, env: { ...ENVIRONMENT, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  let isOverdue = false;
  const timer = setTimeout(() => {
    isOverdue = true;
    kill();
  }, options.limitMs);
  options.signal?.addEventListener('abort', kill, { once: true });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_SAID);
    options.onOutput?.(text);
  });
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    });
    // Through a stream of its own, at once: when a process ends, Node reads its output to the end, whether or not somebody listens already.
    const consumed = consume(child.stdout.pipe(new PassThrough()), options).catch((error: unknown) => {
      kill();
      throw error;
    });
    const [code, output] = await Promise.allSettled([ended, consumed]);
    options.signal?.throwIfAborted();
    const what = options.args.slice(0, 1).join(' ');
    if (code.status === 'rejected') throw new CommandFailure(`${what}: cannot be started: ${String(code.reason)}`, { code: null, said: String(code.reason), isOverdue });
    if (output.status === 'rejected') throw output.reason;
    if (isOverdue) throw new CommandFailure(`${what}: not ended within ${Math.round(options.limitMs / 1000)} s`, { code: null, said, isOverdue });
    if (code.value !== 0) throw new CommandFailure(`${what}: ${said.trim().split('\n').slice(-3).join(' ') || `ended with ${code.value}`}`, { code: code.value, said, isOverdue });
    return output.value;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
  }
}

async function consume(stdout: Readable, options: CommandOptions): Promise<string> {
  if (options.consume !== undefined) {
    await options.consume(stdout);
    return '';
  }
  stdout.setEncoding('utf8');
  let collected = '';
  for await (const text of stdout) {
    options.onOutput?.(String(text));
    collected += String(text);
    if (collected.length > MOST_COLLECTED) throw new Error(`${options.args[0]}: wrote more than ${MOST_COLLECTED} bytes`);
  }
  return collected;
}
