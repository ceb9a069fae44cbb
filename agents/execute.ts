// One step of a reconciliation against the engine. Each step may be repeated: doing it twice ends the same.
// A step says what it is about meanwhile (pulling, starting) and rejects with a sentence when it cannot be done.
import { engineNetworkOf, type ContainerOrder, type Runtime } from './docker/runtime.ts';
import type { ImageKeeper } from './images/keeper.ts';
import { startTrouble } from './images/words.ts';
import type { Activity } from './lanes.ts';
import { sentenceOf, type Log } from './log.ts';
import type { HostNetworking } from './network/run.ts';
import type { PrepareFiles } from './host/files.ts';
import type { Assignment, ReplicaSpec } from './protocol.ts';
import type { Step, Wanted } from './reconcile.ts';

/** What steps need to know of the host. */
export interface ExecuteContext {
  readonly runtime: Runtime;
  readonly images: Pick<ImageKeeper, 'ensure'>;
  readonly assignment: Assignment;
  /** Whether the newest assignment still asks for a container like this. */
  readonly isWanted: (spec: ReplicaSpec) => boolean;
  readonly cgroupParent?: string;
  /** Makes the files of the host that the container will see. */
  readonly prepareFiles: PrepareFiles;
  /** Rejects when something else has the address (or the port) of a replica that is about to start; absent: nobody asks. */
  readonly claim?: (spec: ReplicaSpec) => Promise<void>;
  /** Keeps what a container wrote, before it is removed; never rejects. */
  readonly keepOutput: (containerId: string) => Promise<void>;
  /** Tells the neighbours where the container's MAC is now; called with its id after each start. */
  readonly announce: (containerId: string) => Promise<void>;
}

/** Does one step. `say` hears what it is about. */
export async function execute(step: Step, context: ExecuteContext, say: (activity: Activity) => void): Promise<void> {
  const { runtime } = context;
  switch (step.kind) {
    case 'run':
      return run(step.wanted, context, say);
    case 'start':
      say({ state: 'starting', reason: `starts: ${step.reason}` });
      await claimOf(step.replicaId, context);
      await runtime.start(step.containerId);
      return context.announce(step.containerId);
    case 'unpause':
      return runtime.unpause(step.containerId);
    case 'rename':
      return runtime.rename(step.containerId, step.name);
    case 'connect':
      await runtime.connect(step.containerId, step.network, step.spec);
      return context.announce(step.containerId);
    case 'disconnect':
      return runtime.disconnect(step.containerId, step.network);
    case 'update':
      return runtime.update(step.containerId, step.spec);
    case 'remove':
      // An image that cannot be had must not take down what runs, and neither must a successor that nobody wants any more.
      if (step.successor !== undefined && !(await fetched(step.successor, context, say))) return;
      say({ state: 'stopping', reason: step.reason });
      if (step.running) await runtime.stop(step.containerId, step.stopSeconds);
      await context.keepOutput(step.containerId);
      return runtime.remove(step.containerId);
  }
}

/** Tells the neighbours where a container is now. A start without an announcement is still a start: they find it a little later. */
export async function announce(containerId: string, { network }: Assignment, { runtime, networking, log }: { runtime: Runtime; networking: HostNetworking; log: Log }): Promise<void> {
  if (network.mode !== 'flat') return;
  try {
    const container = await runtime.container(containerId);
    if (container?.pid !== undefined && container.mac !== undefined) await networking.announce(network, container.pid, container.mac);
  } catch (error) {
    log.warn({ container: containerId, reason: sentenceOf(error) }, 'could not announce a container');
  }
}

/** What a step is called while it waits for its turn or runs. */
export function activityOf(step: Step): Activity {
  if (step.kind === 'remove') return { state: 'stopping', reason: step.reason };
  if (step.kind === 'run') return { state: 'creating', reason: step.reason };
  return { state: 'starting', reason: `${step.kind}: ${step.reason}` };
}

async function claimOf(replicaId: string, { assignment, claim }: ExecuteContext): Promise<void> {
  const spec = assignment.replicas.find(({ id }) => id === replicaId);
  if (spec !== undefined) await claim?.(spec);
}

/** False when meanwhile something else is wanted in its place. */
function fetched(spec: ReplicaSpec, { images, isWanted }: ExecuteContext, say: (activity: Activity) => void): Promise<boolean> {
  return images.ensure(spec.image, (reason, pull) => say({ state: 'pulling', reason, ...(pull === undefined ? {} : { pull }) }), () => isWanted(spec));
}

async function run(wanted: Wanted, context: ExecuteContext, say: (activity: Activity) => void): Promise<void> {
  const { runtime, assignment } = context;
  const { spec } = wanted;
  if (!(await fetched(spec, context, say))) return;
  say({ state: 'creating', reason: 'creates the container' });
  const order: ContainerOrder = {
    spec,
    owner: { clusterId: assignment.clusterId, replicaId: spec.id, workload: spec.workload, identity: wanted.identity, ...(spec.release === undefined ? {} : { release: spec.release }) },
    networkName: engineNetworkOf(assignment.network),
    files: await context.prepareFiles(spec),
    ...(context.cgroupParent === undefined ? {} : { cgroupParent: context.cgroupParent }),
  };
  // Asked while the engine makes the container: the answer takes as long as a neighbour may take.
  const claimed = context.claim?.(spec);
  claimed?.catch(() => undefined);
  const id = await runtime.create(order).catch((error: unknown) => {
    throw startTrouble(error);
  });
  try {
    if (spec.files !== undefined && spec.files.length > 0) await runtime.putFiles(id, spec.files);
    say({ state: 'starting', reason: 'starts the container' });
    await claimed;
    await runtime.start(id);
  } catch (error) {
    // It has never run, so nothing is lost with it; a container that half exists would keep its name from the next attempt.
    await runtime.remove(id).catch(() => undefined);
    throw startTrouble(error);
  }
  await context.announce(id);
}
