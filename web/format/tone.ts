// Which look a state has: the colour and the shape of its badge. One table, so that a state looks the same on every page.
import type { AutoscaleView, BuildView, CapacityRequest, HostView, LayerVersion, MaintenanceReplica, MaintenanceState, PlanView, ProposalState, RegistryView, ReleaseView, ReplicaView, RolloutDetail, RolloutView, WebhookView, WorkloadView } from '#server/http/contract/index.ts';
import type { Tone } from '../ui/State.tsx';

type Figures = NonNullable<RolloutDetail['figures']>;

const REPLICA: Readonly<Record<ReplicaView['state'], Tone>> = {
  pending: 'wait',
  assigned: 'busy',
  pulling: 'busy',
  creating: 'busy',
  starting: 'busy',
  running: 'ok',
  unhealthy: 'bad',
  restarting: 'busy',
  exited: 'bad',
  failed: 'bad',
  stopping: 'off',
  unknown: 'wait',
};
const REQUEST: Readonly<Record<CapacityRequest['state'], Tone>> = { waiting: 'wait', approved: 'ok', denied: 'bad', withdrawn: 'off', superseded: 'off' };
const PLAN: Readonly<Record<PlanView['state'], Tone>> = { proposed: 'busy', applied: 'ok', 'partly-applied': 'wait', stale: 'off', refused: 'bad' };
const PROPOSAL: Readonly<Record<ProposalState, Tone>> = { draft: 'wait', approved: 'busy', rejected: 'bad', withdrawn: 'off', stale: 'off', applying: 'busy', paused: 'wait', done: 'ok', undoing: 'busy', undone: 'off' };
const HOST: Readonly<Record<HostView['state'], Tone>> = { joining: 'busy', ready: 'ok', suspect: 'wait', lost: 'bad' };
const BUILD: Readonly<Record<BuildView['state'], Tone>> = { queued: 'wait', running: 'busy', succeeded: 'ok', failed: 'bad', cancelled: 'off' };
const LAYER: Readonly<Record<LayerVersion['state'], Tone>> = { building: 'busy', ready: 'ok', failed: 'bad' };
const ROLLOUT: Readonly<Record<RolloutView['phase'], Tone>> = { preparing: 'busy', rolling: 'busy', watching: 'busy', held: 'wait', paused: 'wait', 'rolling-back': 'bad', succeeded: 'ok', 'rolled-back': 'off', aborted: 'off' };
const VERDICT: Readonly<Record<Figures['verdicts'][number]['state'], Tone>> = { passes: 'ok', waits: 'busy', holds: 'wait', fails: 'bad' };
const REGISTRY: Readonly<Record<RegistryView['state'], Tone>> = { up: 'ok', down: 'bad', cleaning: 'busy', absent: 'off' };
const IMAGE: Readonly<Record<ReleaseView['imageState'], Tone>> = { kept: 'ok', gone: 'bad', unknown: 'off' };

const AUTOSCALE: Readonly<Record<AutoscaleView['state'], Tone>> = { off: 'off', preview: 'busy', paused: 'wait', waiting: 'wait', following: 'ok', panic: 'bad', held: 'wait', bounded: 'bad', blind: 'bad' };

export const MAINTENANCE: Readonly<Record<MaintenanceState, Tone>> = { planned: 'wait', draining: 'busy', blocked: 'bad', drained: 'ok', cancelled: 'off', ended: 'off' };
export const MAINTENANCE_REPLICA: Readonly<Record<MaintenanceReplica['state'], Tone>> = { waiting: 'wait', starting: 'busy', moved: 'ok', stays: 'bad', stopped: 'off', returning: 'busy', returned: 'ok' };

/** What a host's badge says: of a host that answers, what an SRE does to it; else that it does not answer. */
export function hostState(host: Pick<HostView, 'state' | 'cordoned' | 'drain' | 'replicas'>): HostView['state'] | 'cordoned' | 'draining' | 'drained' {
  if (host.state !== 'ready') return host.state;
  if (host.drain) return host.replicas === 0 ? 'drained' : 'draining';
  return host.cordoned ? 'cordoned' : 'ready';
}

export const toneOf = {
  replica: (state: ReplicaView['state']): Tone => REPLICA[state],
  request: (state: CapacityRequest['state']): Tone => REQUEST[state],
  proposal: (state: ProposalState): Tone => PROPOSAL[state],
  build: (state: BuildView['state']): Tone => BUILD[state],
  layer: (state: LayerVersion['state']): Tone => LAYER[state],
  autoscale: (state: AutoscaleView['state']): Tone => AUTOSCALE[state],
  rollout: (phase: RolloutView['phase']): Tone => ROLLOUT[phase],
  verdict: (state: Figures['verdicts'][number]['state']): Tone => VERDICT[state],
  registry: (state: RegistryView['state']): Tone => REGISTRY[state],
  image: (state: ReleaseView['imageState']): Tone => IMAGE[state],
  delivery: (outcome: WebhookView['deliveries'][number]['outcome']): Tone => (outcome === null ? 'wait' : outcome === 'delivered' ? 'ok' : 'bad'),
  plan: (state: PlanView['state']): Tone => PLAN[state],
  host: (host: Pick<HostView, 'state' | 'cordoned' | 'drain' | 'replicas'>): Tone => {
    const shown = hostState(host);
    return shown === 'draining' ? 'busy' : shown === 'cordoned' || shown === 'drained' ? 'off' : HOST[host.state];
  },
  workload: (workload: Pick<WorkloadView, 'wanted' | 'running' | 'placed'>): Tone => {
    if (workload.wanted === 0) return 'off';
    if (workload.placed < workload.wanted) return 'wait';
    return workload.running >= workload.wanted ? 'ok' : 'busy';
  },
};
