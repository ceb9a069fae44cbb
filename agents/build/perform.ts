// Carries out one build from its order to its end: limits of time and disk, the log with its limit, what kind of failure it was.
// Never throws for a build that fails: its end is a value. Leaves the cleaning up to its caller.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOrder, BuildResult } from '../protocol.ts';
import { freeMib, LEAST_FREE_MIB, watchDisk } from './disk-watch.ts';
import { BuildFailure, throwIfCancelled } from './failure.ts';
import { buildLayer } from './layer-build.ts';
import { Secrets } from './secrets.ts';
import { buildService } from './service-build.ts';
import type { BuildEnd, Telling } from './telling.ts';
import type { BuilderHost, Work } from './work.ts';

export interface Performance {
  readonly host: BuilderHost;
  readonly order: BuildOrder;
  readonly telling: Telling;
  /** Aborted from outside: the build was taken back. */
  readonly control: AbortController;
  readonly memoryFolder: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Gives the end: succeeded with a result, failed with the sentence, or cancelled. */
export async function perform(performance: Performance): Promise<BuildEnd> {
  const { host, order, telling, control } = performance;
  const work = workOf(performance);
  const folder = telling.record.folder;
  const overdue = setTimeout(() => control.abort(overdueFailure(order, telling)), order.limits.seconds * 1000);
  const endWatch = watchDisk(folder, order.limits.diskMib, (failure) => control.abort(failure));
  try {
    await mkdir(work.folder, { recursive: true, mode: 0o700 });
    const free = await freeMib(folder);
    const needed = order.limits.diskMib + LEAST_FREE_MIB;
    if (free < needed) throw new BuildFailure(`disk: ${free} MiB are free on this builder, and this build may need ${needed} MiB`, true);
    const result: BuildResult = order.source.kind === 'service' ? await buildService(host, work, order.source) : await buildLayer(host, work, order.source);
    throwIfCancelled(work.signal);
    work.note(`done: ${result.digest}, ${result.pushedBytes} bytes travelled`);
    return { phase: 'succeeded', reason: `built ${result.digest}`, result, seconds: work.seconds };
  } catch (error) {
    return endOf(error, work);
  } finally {
    clearTimeout(overdue);
    endWatch();
    work.end();
  }
}

function endOf(error: unknown, work: Work): BuildEnd {
  // The reason of the end is what was said when it was broken off, whatever broke because of that.
  const cause: unknown = work.signal.aborted ? work.signal.reason : error;
  const sentence = cause instanceof Error ? cause.message : String(cause);
  work.note(sentence);
  const { seconds } = work;
  if (work.signal.aborted && !(cause instanceof BuildFailure)) return { phase: 'cancelled', reason: sentence, seconds };
  if (cause instanceof BuildFailure) return { phase: 'failed', reason: work.secrets.hide(sentence), seconds, ...(cause.isPlatform ? { isPlatform: true } : {}) };
  // Whatever has no sentence of its own is the builder's fault: an engine that died, a disk that cannot be written.
  return { phase: 'failed', reason: work.secrets.hide(`builder: ${sentence}`), seconds, isPlatform: true };
}

/** Fetching and pushing depend on others; building is the source's own. */
function overdueFailure(order: BuildOrder, telling: Telling): BuildFailure {
  const was = { waiting: 'waiting', fetching: 'fetching the source', preparing: 'preparing', building: 'running its commands', packing: 'packing its output', pushing: 'pushing' } as const;
  const { phase } = telling;
  const what = phase in was ? was[phase as keyof typeof was] : phase;
  return new BuildFailure(`time: the build did not end within ${order.limits.seconds} s; it was ${what}`, phase === 'pushing' || phase === 'preparing');
}

function workOf({ order, telling, control, memoryFolder, labels }: Performance): Work {
  const secrets = new Secrets({ ...order.secrets, ...(order.source.kind === 'service' && order.source.credentials !== undefined ? { 'git credentials': order.source.credentials.password } : {}) });
  const say = boundedLog(order.limits.logBytes, (text) => telling.write(text));
  const lines = secrets.hidingLines(say);
  return {
    order,
    folder: join(telling.record.folder, 'work'),
    memoryFolder,
    secrets,
    signal: control.signal,
    labels,
    seconds: { fetch: 0, build: 0, pack: 0, push: 0 },
    note: (line) => lines.write(`[firn] ${line}\n`),
    write: (text) => lines.write(text),
    phase: (phase, reason, commit) => telling.phaseIs(phase, secrets.hide(reason), commit),
    end: () => lines.end(),
  };
}

/** Passes text on until the limit, then one line, then nothing. */
function boundedLog(mostBytes: number, say: (text: string) => void): (text: string) => void {
  const notice = `\n[firn] the log has reached its limit of ${mostBytes} bytes; what follows is not kept\n`;
  let left = mostBytes - Buffer.byteLength(notice);
  let isFull = false;
  return (text) => {
    if (isFull) return;
    const bytes = Buffer.byteLength(text);
    if (bytes <= left) {
      left -= bytes;
      return say(text);
    }
    isFull = true;
    // Cut between letters: a cut letter would become a mark of three bytes.
    say(Buffer.from(text).subarray(0, Math.max(0, left)).toString('utf8').replace(/\uFFFD$/, '') + notice);
  };
}
