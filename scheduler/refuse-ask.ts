// Finds the first thing in an ask that no sum can be done with.
// Takes a workload and the policy; gives a refusal that names the field, its value and what is allowed, or nothing. Every number is
// checked here as well as at the API, because the sum must hold whoever calls it.

import type { Policy, SizingRefusal, Workload } from './model.ts';
import { byText } from './resources.ts';

/** Bounds of the fields, both inclusive. Beyond them a figure is a slip of the keyboard, not an ask. */
const BOUNDS: readonly { field: string; least: number; most: number; whole?: boolean; read: (workload: Workload) => number | undefined }[] = [
  { field: 'peakQps', least: 0.001, most: 100_000_000, read: ({ ask }) => ask.peakQps },
  { field: 'profile.cpuMsPerRequest', least: 0.001, most: 600_000, read: ({ ask }) => ask.profile.cpuMsPerRequest },
  { field: 'profile.memoryBaseMib', least: 0, most: 16_777_216, read: ({ ask }) => ask.profile.memoryBaseMib },
  { field: 'profile.memoryKibPerQps', least: 0, most: 1_073_741_824, read: ({ ask }) => ask.profile.memoryKibPerQps },
  { field: 'profile.maxQps', least: 0.001, most: 100_000_000, read: ({ ask }) => ask.profile.maxQps },
  { field: 'headroomPermille', least: 0, most: 10_000, read: ({ ask }) => ask.headroomPermille },
  { field: 'minReplicas', least: 0, most: 10_000, whole: true, read: ({ ask }) => ask.minReplicas },
  { field: 'caps.perHost', least: 1, most: 1_000_000, whole: true, read: ({ ask }) => ask.caps.perHost },
  { field: 'caps.perRack', least: 1, most: 1_000_000, whole: true, read: ({ ask }) => ask.caps.perRack },
  { field: 'caps.perSite', least: 1, most: 1_000_000, whole: true, read: ({ ask }) => ask.caps.perSite },
];

/** Same share as in size.ts: what of a container's memory a process may use. */
const MEMORY_USABLE = 0.9;

/** @returns why the sum cannot be done, or undefined where it can */
export function refuseAsk(workload: Workload, policy: Policy): SizingRefusal | undefined {
  for (const { field, least, most, whole, read } of BOUNDS) {
    const value = read(workload);
    if (value === undefined) continue;
    const good = Number.isFinite(value) && value >= least && value <= most && (whole !== true || Number.isInteger(value));
    if (!good) return refusal(field, value, `${whole === true ? 'a whole number' : 'a number'} from ${least} to ${most}`);
  }
  if (!Object.hasOwn(policy.environments, workload.environment)) {
    return refusal('environment', workload.environment, `one of ${Object.keys(policy.environments).sort(byText).join(', ')}`);
  }
  const shape = Object.hasOwn(policy.shapes, workload.ask.shape) ? policy.shapes[workload.ask.shape] : undefined;
  if (shape === undefined) return refusal('shape', workload.ask.shape, `one of ${shapeNames(policy, 0).join(', ')}`);
  const { class: name } = workload.ask;
  if (name !== undefined && !Object.hasOwn(policy.classes, name)) return refusal('class', name, classNames(policy));
  const base = workload.ask.profile.memoryBaseMib;
  if (base >= shape.memoryMib * MEMORY_USABLE) {
    const would = shapeNames(policy, base);
    const help = would.length > 0 ? `or one of these shapes: ${would.join(', ')}` : 'and no shape of the policy is larger';
    return refusal('profile.memoryBaseMib', base, `less than ${Math.ceil(shape.memoryMib * MEMORY_USABLE)} MiB in shape ${workload.ask.shape} of ${shape.memoryMib} MiB, ${help}`);
  }
  return undefined;
}

/** Shapes that would hold a process of this memory, by name. */
function shapeNames(policy: Policy, memoryBaseMib: number): string[] {
  return Object.keys(policy.shapes)
    .filter((name) => memoryBaseMib < policy.shapes[name]!.memoryMib * MEMORY_USABLE)
    .sort(byText);
}

function classNames({ classes }: Policy): string {
  const names = Object.keys(classes).sort(byText);
  return names.length === 0 ? 'absent, since the policy has no workload classes' : `one of ${names.join(', ')}`;
}

function refusal(field: string, value: number | string, allowed: string): SizingRefusal {
  return { field, value: typeof value === 'number' && !Number.isFinite(value) ? String(value) : value, allowed, message: `${field} is ${value}: it must be ${allowed}` };
}
