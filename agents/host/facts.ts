// What this host is, for join, hello and every report: the engine's word where it answers, the kernel's where it does not.
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, hostname, release, totalmem } from 'node:os';
import { MIB_BYTES, type EngineFacts } from '../docker/runtime.ts';
import type { Facts } from '../protocol.ts';
import { AGENT_VERSION } from '../version.ts';
import { cgroupVersionAt, SYSTEM_PLACES } from './usage.ts';

/** Facts of the machine that this process runs on. Without an engine its versions are `unknown`. */
export function hostFacts(engine: EngineFacts | undefined): Facts {
  return {
    hostname: hostname().slice(0, 253),
    bootId: bootId(),
    agentVersion: AGENT_VERSION,
    engineVersion: engine?.version.slice(0, 64) ?? 'unknown',
    engineApiVersion: engine?.apiVersion.slice(0, 16) ?? 'unknown',
    kernel: (engine?.kernel ?? release()).slice(0, 128),
    architecture: (engine?.architecture ?? arch()).slice(0, 32),
    cgroupVersion: engine?.cgroupVersion ?? cgroupVersionAt(SYSTEM_PLACES.cgroupRoot),
    cpuMilli: engine?.cpuMilli ?? availableParallelism() * 1000,
    memoryMib: engine?.memoryMib ?? Math.floor(totalmem() / MIB_BYTES),
  };
}

/** Facts of a host that exists only in memory. */
export function simulatedFacts(name: string, engine: EngineFacts): Facts {
  return { ...hostFacts(engine), hostname: name, bootId: `simulated-${name}`.slice(0, 64) };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
