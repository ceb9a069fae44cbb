// Whether a host takes anything new at all, whoever asks. Takes a host as declared and observed; rules of feasible.ts and the index ask it.

import type { CloudPolicy, Host } from './model.ts';

/** Whether people keep new replicas away from the host. */
export function isClosed({ cordoned, draining }: Host): boolean {
  return cordoned || draining === true;
}

/** Only a host that reports, or did a moment ago, can start something. */
export function isAlive({ state }: Host): boolean {
  return state === 'ready' || state === 'suspect';
}

/** A cloud host whose cores cost more than the policy pays; compared in whole numbers. */
export function isTooDear({ kind, costCentsPerHour, capacity }: Host, { mostCentsPerCoreHour }: CloudPolicy): boolean {
  return kind === 'cloud-vm' && mostCentsPerCoreHour !== null && costCentsPerHour * 1000 > mostCentsPerCoreHour * capacity.cpuMilli;
}

/** Whether some workload may be started on it, as far as that does not depend on the workload or on room. */
export function isOpen(host: Host, cloud: CloudPolicy): boolean {
  return isAlive(host) && !isClosed(host) && !isTooDear(host, cloud);
}
