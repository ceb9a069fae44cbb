// The life of one VM that is bought for a while. Takes what is remembered of it, what is seen, and whether it should go or come back; gives what
// is remembered next and at most one thing to do outside. It never waits without a deadline and an owner; it never says that a VM is gone before
// the provisioner does, since what is forgotten goes on costing money; and nothing but loss or abandonment takes a machine from its replicas.
import type { Shape } from '../model.ts';
import { paidUntil, releaseAt } from './charges.ts';
import type { BurstVmState, Order, Owner, Seen, Vm } from './model.ts';
import { type Said, said, spanText } from '../said.ts';

export interface Will {
  /** Why it should be emptied; null: it may stay. */
  readonly retreat: Said | null;
  /** Why it is wanted back while it is emptied; null: it is not. */
  readonly recall: Said | null;
}

export interface Advance {
  readonly vm: Vm;
  readonly order: Order | null;
}

/** Making a machine is begun so often before another pool is tried. */
const MOST_ATTEMPTS = 3;

const stay = (vm: Vm, order: Order | null = null): Advance => ({ vm, order });

function to(vm: Vm, state: BurstVmState, now: number, owner: Owner, reason: Said, spanMs: number | null, order: Order | null = null): Advance {
  return { vm: { ...vm, state, since: now, owner, reason, deadlineAt: spanMs === null ? null : now + spanMs }, order };
}

/** @returns the same VM object where nothing changes */
export function advance(before: Vm, seen: Seen, will: Will, now: number): Advance {
  const vm = absorb(before, seen, now);
  if (vm.state === 'released' || vm.state === 'failed') return stay(vm);
  if (vm.isAbandoned && vm.state !== 'releasing') return release(vm, said('abandoned', {}, 'It was abandoned'), now);
  switch (vm.state) {
    case 'asked':
      return to({ ...vm, attempt: vm.attempt + 1 }, 'provisioning', now, 'provisioner', said('creating', { attempt: vm.attempt + 1 }, 'The provisioner is asked for it'), vm.terms.provisionMs, 'create');
    case 'provisioning':
      return provision(vm, seen, now);
    case 'joining':
      return join(vm, seen, now);
    case 'ready':
    case 'in-use':
      return serve(vm, seen, will, now);
    case 'emptying':
      return empty(vm, seen, will, now);
    case 'emptied':
      return rest(vm, seen, will, now);
    case 'releasing':
      return leave(vm, seen, now);
  }
}

/** What was learnt of the machine is kept, whatever the state. Paid is from when the provisioner says, and never before it was asked. */
function absorb(vm: Vm, { machine, host }: Seen, now: number): Vm {
  let next = vm;
  if (host !== null && host.hostId !== vm.hostId) next = { ...next, hostId: host.hostId };
  if (machine.kind !== 'present') return next;
  if (machine.providerId !== next.providerId || (machine.address !== null && machine.address !== next.address)) next = { ...next, providerId: machine.providerId, address: machine.address ?? next.address };
  if (next.billedFrom === null) next = { ...next, billedFrom: Math.min(now, Math.max(vm.askedAt, machine.billedFrom ?? vm.since)) };
  return next;
}

/** On its way out: what never served has failed, what served is released. */
function release(vm: Vm, reason: Said, now: number): Advance {
  return to({ ...vm, verdict: vm.readyAt === null ? 'failed' : 'released' }, 'releasing', now, 'provisioner', reason, vm.terms.releaseMs);
}

function provision(vm: Vm, seen: Seen, now: number): Advance {
  const { machine, failure } = seen;
  if (vm.deadlineAt !== null && now >= vm.deadlineAt) {
    return release(vm, said('provision-late', { limit: spanText(vm.terms.provisionMs), message: failure?.message ?? '' }, `The provisioner did not bring it up within {limit}${failure === null ? '' : ': {message}'}`), now);
  }
  if (seen.isCalling) return stay(vm);
  if (failure?.isFinal === true && failure.action === 'create') return release(vm, said('create-refused', { message: failure.message }, 'The provisioner refuses it: {message}'), now);
  if (machine.kind === 'unknown') return stay(vm, 'describe');
  if (machine.kind === 'absent') {
    if (vm.attempt >= MOST_ATTEMPTS) return release(vm, said('create-failed', { attempts: vm.attempt, message: failure?.message ?? '' }, `It was not there after {attempts} attempts${failure === null ? '' : ': {message}'}`), now);
    return stay({ ...vm, attempt: vm.attempt + 1 }, 'create');
  }
  if (machine.state === 'failed') return release(vm, said('machine-failed', {}, 'The provisioner says that the machine failed'), now);
  const small = machine.shape === null ? null : tooSmall(vm, machine.shape);
  if (small !== null) return release({ ...vm, delivered: machine.shape }, small, now);
  // A machine that runs without an address is not one that runs, whatever it is called.
  if (machine.state !== 'running' || machine.address === null) return stay(vm, 'describe');
  if (vm.route !== 'added') return stay(vm, 'route-add');
  return to(vm, 'joining', now, 'agent', said('waits-for-agent', { address: machine.address }, 'It runs at {address}, and its agent has not joined yet'), vm.terms.joinMs);
}

function join(vm: Vm, { machine, host, isCalling }: Seen, now: number): Advance {
  if (host !== null && host.state === 'ready') {
    const delivered = { ...vm, delivered: host.capacity };
    const small = tooSmall(delivered, host.capacity);
    if (small !== null) return release(delivered, small, now);
    const reason = isSmaller(vm.terms.bought, host.capacity)
      ? said('ready-smaller', { ...amounts(vm.terms.bought, host.capacity) }, 'It joined with {cpuMilli} millicores and {memoryMib} MiB instead of {boughtCpuMilli} and {boughtMemoryMib}, and is used at that size')
      : said('ready', {}, 'It joined, and nothing runs there yet');
    return to({ ...delivered, readyAt: now }, 'ready', now, 'planner', reason, null);
  }
  if (machine.kind === 'absent') return release(vm, said('vanished', {}, 'The provisioner says that it is not there any more'), now);
  if (vm.deadlineAt !== null && now >= vm.deadlineAt) return release(vm, said('join-late', { limit: spanText(vm.terms.joinMs) }, 'Its agent did not join within {limit}: nobody came with its token. The log of its first start says why; the hook has to hand all of join.env on, with the fingerprint'), now);
  return stay(vm, isCalling ? null : 'describe');
}

/** Gone or silent machines, in every state after it joined; undefined: it is well. */
function mishap(vm: Vm, { machine, host, isCalling }: Seen, now: number): Advance | undefined {
  if (host === null) return release(vm, said('host-removed', {}, 'Its host was removed'), now);
  if (host.state !== 'lost') return undefined;
  if (machine.kind === 'absent') return release(vm, said('vanished', {}, 'The provisioner says that it is not there any more'), now);
  if (now - host.since >= vm.terms.joinMs) return release(vm, said('silent', { span: spanText(now - host.since) }, 'Its host is silent for {span}: what ran there runs elsewhere'), now);
  return stay(vm, isCalling ? null : 'describe');
}

function serve(vm: Vm, seen: Seen, will: Will, now: number): Advance {
  const trouble = mishap(vm, seen, now);
  if (trouble !== undefined) return trouble;
  if (will.retreat !== null) return to(vm, 'emptying', now, 'planner', will.retreat, vm.terms.drainMs, 'drain');
  const { replicas, isDraining } = seen.host!;
  if (isDraining) return to(vm, 'emptying', now, 'planner', said('drained-by-hand', {}, 'Somebody drains its host'), vm.terms.drainMs);
  if (vm.state === 'ready' && replicas > 0) return to(vm, 'in-use', now, 'planner', said('in-use', { replicas }, 'Replicas run there'), null);
  if (vm.state === 'in-use' && replicas === 0) return to(vm, 'ready', now, 'planner', said('idle', {}, 'Nothing runs there any more'), null);
  return stay(vm);
}

function empty(vm: Vm, seen: Seen, will: Will, now: number): Advance {
  const trouble = mishap(vm, seen, now);
  if (trouble !== undefined) return trouble;
  const { replicas, isDraining } = seen.host!;
  if (will.recall !== null) return to(vm, replicas > 0 ? 'in-use' : 'ready', now, 'planner', will.recall, null, isDraining ? 'undrain' : null);
  if (!isDraining) return stay(vm, 'drain');
  if (replicas === 0) {
    const until = paidUntil(vm, now) ?? now;
    return to(vm, 'emptied', now, 'firn', said('emptied', { span: spanText(Math.max(0, until - now)) }, 'Nothing runs there any more; it is paid for another {span} and is taken back if it is needed'), null);
  }
  if (vm.deadlineAt !== null && now >= vm.deadlineAt && vm.reason.code !== 'drain-late') {
    return stay({ ...vm, reason: said('drain-late', { limit: spanText(vm.terms.drainMs), replicas }, 'Emptying it takes longer than {limit}: {replicas} replicas have not found their room elsewhere, and they stay until they do') });
  }
  return stay(vm);
}

function rest(vm: Vm, seen: Seen, will: Will, now: number): Advance {
  const trouble = mishap(vm, seen, now);
  if (trouble !== undefined) return trouble;
  const { replicas, isDraining } = seen.host!;
  if (will.recall !== null) return to(vm, 'ready', now, 'planner', will.recall, null, isDraining ? 'undrain' : null);
  if (!isDraining) return to(vm, replicas > 0 ? 'in-use' : 'ready', now, 'planner', said('undrained-by-hand', {}, 'Somebody lets its host take replicas again'), null);
  if (now >= releaseAt(vm, now)) return release(vm, said('period-ends', {}, 'It is empty, and its paid period ends'), now);
  return stay(vm);
}

/** Away from the server, from the provider, from the router; over when nothing of it is left. */
function leave(vm: Vm, seen: Seen, now: number): Advance {
  const { machine, host, isCalling } = seen;
  const late = now >= (vm.deadlineAt ?? now) && vm.owner !== 'operator' ? lateRelease(vm, seen) : vm;
  if (host !== null && host.replicas > 0 && host.state !== 'lost' && !vm.isAbandoned) return stay(late, host.isDraining ? null : 'drain');
  if (host !== null && (host.replicas === 0 || host.state === 'lost') && (!vm.isAbandoned || machine.kind === 'absent')) return stay(late, 'remove-host');
  if (machine.kind !== 'absent') {
    if (isCalling) return stay(late);
    return stay(late, machine.kind === 'present' && machine.state === 'stopping' ? 'describe' : 'destroy');
  }
  const ended = late.endedAt === null ? { ...late, endedAt: now } : late;
  if (host !== null) return stay(ended);
  if (vm.route === 'added') return stay(ended, isCalling ? null : 'route-remove');
  return to(ended, vm.verdict ?? 'released', now, 'firn', vm.reason, null);
}

function lateRelease(vm: Vm, { failure, machine }: Seen): Vm {
  const what = machine.kind === 'absent' ? 'It is gone, but the route to its range is not' : 'It is not known to be gone, and may cost money';
  return { ...vm, owner: 'operator', reason: said('release-late', { limit: spanText(vm.terms.releaseMs), what, before: vm.reason.sentence, message: failure?.message ?? '' }, `{what} after {limit}${failure === null ? '' : ': {message}'}; tried again and again ({before})`) };
}

/** A machine's own system keeps a little of what was bought: from this share on it is what was bought. */
const WHOLE_PERMILLE = 900;

export function isSmaller(bought: Shape, delivered: Shape): boolean {
  return delivered.cpuMilli * 1000 < bought.cpuMilli * WHOLE_PERMILLE || delivered.memoryMib * 1000 < bought.memoryMib * WHOLE_PERMILLE;
}

function tooSmall({ terms: { bought, leastSharePermille } }: Vm, delivered: Shape): Said | null {
  const isUseful = delivered.cpuMilli * 1000 >= bought.cpuMilli * leastSharePermille && delivered.memoryMib * 1000 >= bought.memoryMib * leastSharePermille;
  return isUseful ? null : said('too-small', amounts(bought, delivered), 'It has {cpuMilli} millicores and {memoryMib} MiB instead of {boughtCpuMilli} and {boughtMemoryMib}, which is too little: it is given back');
}

const amounts = (bought: Shape, delivered: Shape) => ({ cpuMilli: delivered.cpuMilli, memoryMib: delivered.memoryMib, boughtCpuMilli: bought.cpuMilli, boughtMemoryMib: bought.memoryMib });
