// Builders for tests of bursting: a VM, what is seen of it, a pool. Test only. Gives plain data.
import type { Pool } from '../model.ts';
import type { Machine, Offer, Seen, Vm } from './model.ts';

export const MINUTE = 60_000;

/** 4 cores for 40 cents an hour, paid by the hour; asked for at 0. */
export function vm(parts: Partial<Vm> = {}): Vm {
  const terms = { bought: { cpuMilli: 4_000, memoryMib: 8_192 }, costCentsPerHour: 40, billingMs: 60 * MINUTE, releaseMarginMs: 3 * MINUTE, provisionMs: 5 * MINUTE, joinMs: 3 * MINUTE, drainMs: 15 * MINUTE, releaseMs: 5 * MINUTE, leastSharePermille: 500 };
  return { id: 'vm-1', name: 'burst-1', poolId: 'p1', terms, state: 'asked', since: 0, deadlineAt: null, reason: { code: 'asked', values: {}, sentence: '' }, owner: 'firn', attempt: 0, providerId: null, address: null, hostId: null, delivered: null, route: 'none', billedFrom: null, verdict: null, isAbandoned: false, askedAt: 0, readyAt: null, endedAt: null, ...parts };
}

export const running: Machine = { kind: 'present', state: 'running', providerId: 'i-1', address: '10.9.0.5', shape: { cpuMilli: 4_000, memoryMib: 7_900 }, billedFrom: null };

/** Nothing is known, nothing is under way. */
export const seen = (parts: Partial<Seen> = {}): Seen => ({ machine: { kind: 'unknown' }, isCalling: false, failure: null, host: null, ...parts });

export const joined = (parts: Partial<NonNullable<Seen['host']>> = {}): Seen['host'] => ({ hostId: 'h-1', state: 'ready', since: 0, capacity: { cpuMilli: 4_000, memoryMib: 7_900 }, replicas: 0, isDraining: false, ...parts });

export const pool = (name: string, cores: number, costCentsPerHour: number, parts: Partial<Pool> = {}): Pool => ({ id: name, name, site: 'cloud', capacity: { cpuMilli: cores * 1000, memoryMib: cores * 4096 }, costCentsPerHour, limit: 10, performance: 50, stability: 50, labels: {}, taints: [], environments: [], ...parts });

export const offer = (each: Pool, parts: Partial<Offer> = {}): Offer => ({ pool: each, out: 0, rangesLeft: 100, problem: null, billingMs: 60 * MINUTE, ...parts });
