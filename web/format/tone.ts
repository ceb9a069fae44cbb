// Which look a state has: the colour and the shape of its badge. One table, so that a state looks the same on every page.
import type { CapacityRequest, HostView, PlanView, ProposalState, ReplicaView, WorkloadView } from '#server/http/contract/index.ts';
import type { Tone } from '../ui/State.tsx';

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

export const toneOf = {
  replica: (state: ReplicaView['state']): Tone => REPLICA[state],
  request: (state: CapacityRequest['state']): Tone => REQUEST[state],
  proposal: (state: ProposalState): Tone => PROPOSAL[state],
  plan: (state: PlanView['state']): Tone => PLAN[state],
  host: (host: Pick<HostView, 'state' | 'cordoned'>): Tone => (host.state === 'ready' && host.cordoned ? 'off' : HOST[host.state]),
  workload: (workload: Pick<WorkloadView, 'wanted' | 'running' | 'placed'>): Tone => {
    if (workload.wanted === 0) return 'off';
    if (workload.placed < workload.wanted) return 'wait';
    return workload.running >= workload.wanted ? 'ok' : 'busy';
  },
};
