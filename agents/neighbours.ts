// What this host finds when the server asks it to look for a silent neighbour: its address and the ports of its replicas. Takes targets, gives what each
// did within the limit; needs no privilege, and judges nothing. A refused connection is an answer too: a kernel that lives refused it.
import { connect } from 'node:net';
import { withDeadline, type Clock } from './clock.ts';
import { networkProbe, type Probe } from './health.ts';
import type { ProbeFinding, ProbeTarget } from './protocol.ts';

/** What one connection came to. */
export type Reach = (target: Pick<ProbeTarget, 'address' | 'port' | 'path'>, limitMs: number) => Promise<ProbeFinding>;

/** More connections at once would look like a scan, and each waits at most its limit. */
const AT_ONCE = 128;

/** Looks at all targets; never rejects. */
export async function lookAround(targets: readonly ProbeTarget[], limitMs: number, { clock, reach }: { readonly clock: Clock; readonly reach: Reach }): Promise<{ id: string; finding: ProbeFinding; ms: number }[]> {
  const findings: { id: string; finding: ProbeFinding; ms: number }[] = [];
  const left = [...targets];
  const work = async (): Promise<void> => {
    for (let target = left.shift(); target !== undefined; target = left.shift()) {
      const begunMs = clock.elapsedMs();
      const finding = await reach(target, limitMs).catch((): ProbeFinding => 'silent');
      findings.push({ id: target.id, finding, ms: Math.round(clock.elapsedMs() - begunMs) });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, targets.length) }, work));
  return findings;
}

/** Over the network: a TCP connection, and where there is a path an HTTP answer after it, both within the limit. */
export const reachByNetwork =
  (clock: Clock, probe: Probe = networkProbe): Reach =>
  async (target, limitMs) => {
    const begunMs = clock.elapsedMs();
    const opened = await open(target.address, target.port, limitMs);
    if (opened !== 'opens' || target.path === undefined) return opened === 'opens' ? 'answers' : opened;
    const { address, port, path } = target;
    const leftMs = Math.max(50, limitMs - (clock.elapsedMs() - begunMs));
    try {
      await withDeadline(clock, leftMs, `${address}:${port}${path}`, (signal) => probe({ replicaId: '', run: '', address, port, path }, signal));
      return 'answers';
    } catch {
      return 'opens';
    }
  };

/** What refuses or tears down a connection lives; what cannot be routed to, or says nothing, is silent. */
const REFUSALS: readonly string[] = ['ECONNREFUSED', 'ECONNRESET'];

function open(address: string, port: number, limitMs: number): Promise<ProbeFinding> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (finding: ProbeFinding): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(finding);
    };
    const timer = setTimeout(() => end('silent'), limitMs);
    socket.once('connect', () => end('opens'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(REFUSALS.includes(error.code ?? '') ? 'refuses' : 'silent'));
  });
}
