// One call of a hook: a program without a shell, JSON in, JSON out, within a time and an amount. Takes a hook and what to say; gives its answer as
// data, or why there is none. Its process group ends with the call, whatever it started. Secrets are in what is said and never in what is told.
import { spawn } from 'node:child_process';
import type { z } from 'zod';
import { HookAnswer, type HookAsk } from './hook-contract.ts';
import type { Hook } from './hooks.ts';

/** More than any answer: a list of ten thousand machines. */
const MOST_OUTPUT_BYTES = 2 * 1024 * 1024;
const MOST_WORDS = 400;

type AnswerOf<A extends HookAsk['action']> = A extends 'list' ? z.infer<typeof HookAnswer.list> : A extends 'route-add' | 'route-remove' ? z.infer<typeof HookAnswer.route> : z.infer<typeof HookAnswer.machine>;
/** `failed`: nothing is known of what it did. */
export type Called<A extends HookAsk['action']> = { readonly kind: 'answered'; readonly answer: AnswerOf<A>; readonly seconds: number } | { readonly kind: 'failed'; readonly message: string; readonly seconds: number };

export async function callHook<A extends HookAsk['action']>(hook: Hook, ask: Extract<HookAsk, { readonly action: A }>, limitMs: number): Promise<Called<A>> {
  const startedAt = performance.now();
  const seconds = () => Math.round(performance.now() - startedAt) / 1000;
  if (hook.problem !== null) return { kind: 'failed', message: `hook ${hook.name} cannot be used: ${hook.problem}`, seconds: 0 };
  const { output: raw, words, problem } = await run(hook, JSON.stringify(ask), limitMs);
  const secret = 'join' in ask ? ask.join.token : null;
  const withoutSecret = (text: string) => (secret === null ? text : text.replaceAll(secret, '(token)'));
  const output = withoutSecret(raw);
  const failed = (message: string): Called<A> => {
    const text = `${message}${words.trim() === '' ? '' : `; it says: ${words.trim().slice(-MOST_WORDS)}`}`;
    return { kind: 'failed', message: withoutSecret(text), seconds: seconds() };
  };
  if (problem !== null) return failed(problem);
  const schema = ask.action === 'list' ? HookAnswer.list : ask.action === 'route-add' || ask.action === 'route-remove' ? HookAnswer.route : HookAnswer.machine;
  const parsed = schema.safeParse(jsonOf(output));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return failed(`its answer to ${ask.action} is not one of version 1 (${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'wrong'})`);
  }
  return { kind: 'answered', answer: parsed.data as AnswerOf<A>, seconds: seconds() };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Ran {
  readonly output: string;
  /** What it wrote to standard error, its end. */
  readonly words: string;
  readonly problem: string | null;
}

function run({ command: [program = '', ...args], env, name }: Hook, input: string, limitMs: number): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const child = spawn(program, args, { shell: false, detached: true, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8', ...env } });
  const pieces: Buffer[] = [];
  let bytes = 0;
  let words = '';
  let problem: string | null = null;
  const end = (why: string | null) => {
    problem ??= why;
    // The whole group: what a hook started and left behind would hold its pipes open.
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const timer = setTimeout(() => end(`hook ${name} took longer than ${limitMs / 1000} s`), limitMs);
  child.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MOST_OUTPUT_BYTES) end(`hook ${name} wrote more than ${MOST_OUTPUT_BYTES} bytes`);
    else pieces.push(piece);
  });
  child.stderr.on('data', (piece: Buffer) => {
    words = `${words}${piece.toString()}`.slice(-4 * MOST_WORDS);
  });
  // A hook that does not read what it is told closes its end: its answer says more than that.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  child.on('error', (error) => {
    clearTimeout(timer);
    resolve({ output: '', words, problem: `hook ${name} cannot be started: ${error.message}` });
  });
  // What it left behind must not keep its answer waiting.
  child.on('exit', () => end(null));
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    const output = Buffer.concat(pieces).toString();
    if (problem === null && code !== 0 && output.trim() === '') problem = `hook ${name} ended with ${code === null ? `signal ${signal}` : `code ${code}`}`;
    resolve({ output, words, problem });
  });
  return promise;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended.
  }
}
