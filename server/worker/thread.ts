// The worker thread's entry: gathers the pieces of a snapshot, answers questions one after the other, and lives until it is ended.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import type { Host, Network, Replica, Snapshot, Workload } from '#scheduler/model.ts';
import type { Failure, FromWorker, SnapshotHead, ToWorker } from './messages.ts';
import type { Performer } from './perform.ts';

// As for the command line: compiled code is kept, so that a thread starts in a fraction of the time. Where that cannot be, it takes longer.
enableCompileCache(join(homedir(), '.cache', 'firn'));
const { openPerformer } = await import('./perform.ts');
const { QuestionError } = await import('#scheduler/questions/question-error.ts');
const { DomainError } = await import('../errors.ts');

interface Gathering {
  readonly head: SnapshotHead;
  readonly hosts: Host[];
  readonly networks: Network[];
  readonly workloads: Workload[];
  readonly replicas: Replica[];
}

const port = parentPort;
if (port === null) throw new Error('this file is started as a worker thread');
let gathering: Gathering | undefined;
let performer: Performer | undefined;
const say = (message: FromWorker) => port.postMessage(message);

const whole = ({ head, hosts, networks, workloads, replicas }: Gathering): Snapshot => ({ ...head, hosts, networks, workloads, replicas });

port.on('message', async (message: ToWorker) => {
  if (message.type === 'snapshot') {
    // The old one first: two at once would double the memory that is needed.
    performer = undefined;
    gathering = { head: message.head, hosts: [], networks: [], workloads: [], replicas: [] };
    return;
  }
  if (message.type === 'piece') {
    const { list, items } = message.piece;
    for (const item of items) (gathering?.[list] as unknown[] | undefined)?.push(item);
    return;
  }
  try {
    performer ??= openPerformer(gathering === undefined ? undefined : whole(gathering));
    say({ type: 'answer', id: message.id, answer: await performer.answer(message.question) });
  } catch (error) {
    say({ type: 'failure', id: message.id, failure: failureOf(error) });
  }
});

function failureOf(error: unknown): Failure {
  if (error instanceof QuestionError) return { kind: 'question', field: error.field, value: error.value, allowed: error.allowed, message: error.message };
  if (error instanceof DomainError) return { kind: 'domain', code: error.code, message: error.message, fields: error.fields };
  return { kind: 'fault', message: error instanceof Error ? error.message : String(error), stack: error instanceof Error ? (error.stack ?? '') : '' };
}
