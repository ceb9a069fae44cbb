// A program that runs in a container beside the service and ends: for health checks by command. Its deadline is the agent's: Docker has none, so what
// is still there then is killed by its process id on the host.
import type Docker from 'dockerode';
import { pause, withDeadline, type Clock } from '../clock.ts';
import { ASK_LIMIT_MS, call, wordsFor } from './call.ts';
import { framesOf } from './engine-streams.ts';
import type { RunLimits, RunResult } from './runtime.ts';

/** The engine knows the exit code a moment after the output is over. */
const EXIT_POLL_MS = 20;
const EXIT_LIMIT_MS = 2_000;

/** Rejects with DeadlineError when it takes too long, or with what Docker said. */
export async function engineRun(docker: Docker, clock: Clock, id: string, command: readonly string[], limits: RunLimits): Promise<RunResult> {
  const exec = await call(clock, 'preparing the command', ASK_LIMIT_MS, (abortSignal) =>
    docker.getContainer(id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, abortSignal }));
  try {
    return await withDeadline(clock, limits.timeoutMs, 'the command', async (signal) => {
      const stream = await exec.start({ hijack: true, stdin: false });
      // Unheard, a broken connection would end the whole agent.
      stream.on('error', () => undefined);
      const stop = (): void => void stream.destroy();
      signal.addEventListener('abort', stop, { once: true });
      try {
        const output = await readSome(framesOf(stream), limits.outputBytes);
        return { exitCode: await exitCodeOf(exec, clock), output };
      } finally {
        signal.removeEventListener('abort', stop);
        stream.destroy();
      }
    });
  } catch (error) {
    await kill(exec, clock);
    throw wordsFor('the command', error);
  }
}

/** All of it is read, so that the program is not held up by its own output; only the beginning is kept. */
async function readSome(frames: AsyncIterable<{ readonly bytes: Uint8Array }>, mostBytes: number): Promise<string> {
  const kept: Uint8Array[] = [];
  let left = mostBytes;
  for await (const { bytes } of frames) {
    if (left > 0) kept.push(bytes.subarray(0, left));
    left -= bytes.length;
  }
  return Buffer.concat(kept).toString();
}

async function exitCodeOf(exec: Docker.Exec, clock: Clock): Promise<number> {
  const endMs = clock.elapsedMs() + EXIT_LIMIT_MS;
  for (;;) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    if (clock.elapsedMs() > endMs) throw new Error('its exit code is not known');
    await pause(clock, EXIT_POLL_MS);
  }
}

async function kill(exec: Docker.Exec, clock: Clock): Promise<void> {
  try {
    const { Running, Pid } = await call(clock, 'inspection of the command', ASK_LIMIT_MS, (abortSignal) => exec.inspect({ abortSignal }));
    if (Running && Pid > 1) process.kill(Pid, 'SIGKILL');
  } catch {
    // It ended by itself, or the engine is down: the container's own end takes it along.
  }
}
