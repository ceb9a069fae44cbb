// One agent's conversation, the server's side: hello, welcome, the whole assignment, then heartbeats and reports until it ends. Every message is
// checked, counted and bounded; what is not understood ends the session with the reason.
import { AgentMessage, type Assignment, PROTOCOL_VERSION, type Report, type ServerMessage } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { assignmentOf } from '../db/assignments.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import type { Connection } from './connections.ts';
import { offer } from './dispatch.ts';
import type { ObservedHost } from './fleet.ts';

/** What is needed of a WebSocket. */
export interface Socket {
  readonly bufferedBytes: number;
  send(text: string): void;
  close(): void;
  /** Ends the connection without a word. */
  terminate(): void;
}

export interface AgentSession {
  received(text: string): void;
  /** The connection is gone. */
  ended(): void;
}

/** An agent says hello at once; whoever does not within this time is no agent. */
const HELLO_MS = 10_000;
/** Two whole assignments that are not read: the agent hangs, and will get the newest one when it comes back. */
const MOST_BUFFERED_BYTES = 8 * 1024 * 1024;
/** Messages a second that an agent may send in the long run, and at once: far more than heartbeats and reports need. */
const MESSAGES_PER_SECOND = 20;
const MESSAGES_AT_ONCE = 100;
/** What an agent does wrong it will do again: let it stay away for a while. */
const RETRY_AFTER_FAULT_MS = 30_000;

export function serveAgent(context: Context, host: { readonly id: string; readonly name: string }, socket: Socket): AgentSession {
  const { clock, fleet, connections, loops, log, usage, config } = context;
  let state: 'new' | 'open' | 'ended' = 'new';
  const budget = { left: MESSAGES_AT_ONCE, at: clock.now() };
  const deadline = setTimeout(() => socket.terminate(), HELLO_MS).unref();

  const send = (message: ServerMessage): void => {
    if (state === 'ended') return;
    if (socket.bufferedBytes > MOST_BUFFERED_BYTES) {
      log.warn({ host: host.name, bytes: socket.bufferedBytes }, 'agent.slow');
      socket.terminate();
    } else socket.send(JSON.stringify(message));
  };
  const end: Connection['end'] = (reason, { retryAfterMs, final }) => {
    send({ type: 'goaway', reason, retryAfterMs, final });
    state = 'ended';
    clearTimeout(deadline);
    socket.close();
  };
  const connection: Connection = { send, end };
  const fault = (reason: string): void => {
    log.warn({ host: host.name, reason }, 'agent.fault');
    end(reason, { retryAfterMs: RETRY_AFTER_FAULT_MS, final: false });
  };

  const hello = async (message: Extract<AgentMessage, { type: 'hello' }>): Promise<void> => {
    if (message.protocol !== PROTOCOL_VERSION) return end(`this agent speaks protocol ${message.protocol}, this server speaks ${PROTOCOL_VERSION}: install the agent of the server's version`, { retryAfterMs: 0, final: true });
    if (message.hostId !== host.id) return await refuseImpostor(context, host, message.hostId, end);
    clearTimeout(deadline);
    const { clusterId, assignment } = await context.store.read(async (reader) => ({ clusterId: (await readCluster(reader)).id, assignment: await assignmentOf(reader, host.id) }));
    if (state === 'ended') return;
    state = 'open';
    connections.open(host.id, connection);
    fleet.heard(host.id, clock.now());
    send({ type: 'welcome', clusterId, heartbeatMs: config.heartbeatMs, reportMs: config.reportMs, leaseMs: config.leaseMs });
    if (assignment !== undefined) offer(context, assignment satisfies Assignment);
    if (assignment === undefined || message.generation > assignment.generation) loops.wake('dispatch');
    log.info({ host: host.name, generation: message.generation, agent: message.facts.agentVersion }, 'agent.connected');
    context.bus.publish({ topic: 'hosts', ids: [host.id] });
  };

  const reported = (report: Report): void => {
    const now = clock.now();
    const before = fleet.get(host.id);
    if (before === undefined) return fault('this host is no longer known');
    const isNews = differs(before, report);
    fleet.reported(host.id, report, now);
    usage.record(host.id, report, now);
    send({ type: 'ack', seq: report.seq });
    if (isNews) loops.wake('observe');
  };

  return {
    received(text) {
      if (state === 'ended') return;
      const now = clock.now();
      budget.left = Math.min(MESSAGES_AT_ONCE, budget.left + ((now - budget.at) * MESSAGES_PER_SECOND) / 1000) - 1;
      budget.at = now;
      if (budget.left < 0) return fault(`too many messages: at most ${MESSAGES_PER_SECOND} a second`);
      const parsed = AgentMessage.safeParse(fromJson(text));
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return fault(`a message cannot be understood: ${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'is not JSON'}`);
      }
      const message = parsed.data;
      if (message.type === 'hello') {
        if (state !== 'new') return fault('hello was said already');
        void hello(message).catch((error: unknown) => {
          log.error({ err: error, host: host.name }, 'agent.hello-failed');
          socket.terminate();
        });
      } else if (state === 'new') fault(`${message.type} came before hello`);
      else if (message.type === 'heartbeat') fleet.heard(host.id, now);
      else reported(message.report);
    },
    ended() {
      clearTimeout(deadline);
      if (state === 'open') log.info({ host: host.name }, 'agent.disconnected');
      state = 'ended';
      connections.close(host.id, connection);
    },
  };
}

/** Whether a report says something that a verdict, the ledger or people wait for. */
function differs(before: ObservedHost, report: Report): boolean {
  if (before.state !== 'ready' || before.report === null || before.report.generation !== report.generation || before.report.converged !== report.converged) return true;
  return report.replicas.length !== before.replicas.size || report.replicas.some(({ id, state, address }) => before.replicas.get(id)?.state !== state || before.replicas.get(id)?.address !== address);
}

/** A credential of one host with the id of another: a copied state folder, or worse. */
async function refuseImpostor({ store, clock, log }: Context, host: { readonly id: string; readonly name: string }, claimed: string, end: Connection['end']): Promise<void> {
  log.warn({ host: host.name, claimed }, 'agent.impostor');
  end(`the credential belongs to ${host.name}, but the agent says that it is host ${claimed}`, { retryAfterMs: 0, final: true });
  await store.tx((tx) => appendEvent(tx, { at: clock.now(), actor: `host ${host.name}`, kind: 'host.refused', subjectType: 'host', subjectId: host.id, subject: host.name, message: `${host.name} tried to speak for another host and was refused`, why: `it said that it is ${claimed}` }));
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
