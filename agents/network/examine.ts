// The network part of the doctor: uplink, address, bridge name, forwarding, firewall, ranges. Only looks.
// Takes the assignment's network when the host has one, else what a join would say.
import type { AgentConfig } from '../config.ts';
import type { Check } from '../check.ts';
import { openLedger } from '../ledger.ts';
import type { HostNetwork } from '../protocol.ts';
import { examineKernel } from './examine-kernel.ts';
import { collision, overlap, planNetwork, type PresentNetworkState } from './plan.ts';
import { readPresent, type Runner } from './run.ts';

/** The name of the bridge that servers assign. */
const USUAL_BRIDGE = 'firn0';

/** Checks of this host's network; rejects only when `ip` itself does not work. */
export async function examineNetwork(config: AgentConfig, run: Runner): Promise<Check[]> {
  const present = await readPresent(run);
  const network = (await openLedger(config.stateDir).read()).assignment?.network;
  const routed = network?.mode === 'routed' ? network : undefined;
  const isRouted = network === undefined ? config.containerCidr !== undefined : network.mode === 'routed';
  const sharesHost = network?.mode === 'host';
  return [
    ...checkUplink(config, present),
    ...(network === undefined ? [] : checkPlan(network, present)),
    ...checkRange(routed?.cidr ?? config.containerCidr, routed?.bridge ?? USUAL_BRIDGE, config.uplink, present),
    ...checkBridgeName(network, present),
    ...checkEngineRanges(network?.cidr ?? config.containerCidr, present),
    ...(sharesHost ? [] : [checkForwarding(isRouted, present)]),
    ...(await examineKernel({ uplink: config.uplink, isRouted, network }, present, run)),
  ];
}

function checkUplink(config: AgentConfig, present: PresentNetworkState): Check[] {
  const uplink = present.links.find((link) => link.name === config.uplink);
  if (uplink === undefined) {
    const names = present.links.map((link) => link.name).filter((name) => name !== 'lo').join(', ');
    return [{ name: 'uplink', state: 'wrong', finding: `there is no interface ${config.uplink}; there are ${names}`, remedy: 'name the right one with --uplink' }];
  }
  const holder = present.links.find((link) => link.addresses.some((one) => one.address === config.address));
  const isWell = holder !== undefined && (holder.name === uplink.name || holder.name === uplink.master);
  const finding = holder === undefined ? `${config.address} is on no interface` : `${config.address} is on ${holder.name}`;
  return [isWell ? { name: 'uplink', state: 'well', finding } : { name: 'uplink', state: 'wrong', finding, remedy: `give ${config.uplink} the address, or name the right ones with --uplink and --address` }];
}

/** Before a host is assigned a network: whether somebody else has the name that its bridge will get. */
function checkBridgeName(network: HostNetwork | undefined, present: PresentNetworkState): Check[] {
  if (network !== undefined) return [];
  const taken = present.links.find(({ name }) => name === USUAL_BRIDGE);
  if (taken === undefined) return [{ name: 'bridge name', state: 'well', finding: `${USUAL_BRIDGE} is free` }];
  return [{ name: 'bridge name', state: 'wrong', finding: `there is ${taken.kind === 'bridge' ? 'a bridge' : 'an interface'} ${USUAL_BRIDGE} already${taken.addresses[0] === undefined ? '' : `, with ${taken.addresses[0].address}`}`, remedy: `remove or rename it: ip link delete ${USUAL_BRIDGE}` }];
}

/** The engine's own bridge and the ranges from which it makes others, where they lie in the one of containers. */
function checkEngineRanges(cidr: string | undefined, present: PresentNetworkState): Check[] {
  const own = present.links.find(({ name }) => name === 'docker0')?.addresses[0];
  if (own === undefined) return [];
  const range = `${own.address}/${own.prefix}`;
  if (cidr === undefined || !overlap(range, cidr)) return [{ name: "engine's bridge", state: 'well', finding: `docker0 has ${range}${cidr === undefined ? '' : `, beside ${cidr}`}` }];
  return [{ name: "engine's bridge", state: 'wrong', finding: `docker0 has ${range}, which overlaps ${cidr}`, remedy: 'set "bridge": "none" in /etc/docker/daemon.json, or give "bip" and "default-address-pools" other ranges, and restart the engine' }];
}

/** What the agent has still to do, and what hinders it. */
function checkPlan(network: HostNetwork, present: PresentNetworkState): Check[] {
  const plan = planNetwork(network, present);
  const [problem] = plan.problems;
  if (problem !== undefined) return [{ name: 'bridge', state: 'wrong', finding: problem, remedy: 'change it by hand; the agent goes on by itself' }];
  if (plan.steps.length === 0) return [{ name: 'bridge', state: 'well', finding: `${network.bridge} stands as assigned` }];
  return [{ name: 'bridge', state: 'doubtful', finding: `${network.bridge} is not as assigned yet: ${plan.steps.map((step) => step.kind).join(', ')}`, remedy: 'the running agent does this; see its log when it does not' }];
}

/** A range of containers that the host reaches elsewhere already would be cut off, or cut others off. */
function checkRange(cidr: string | undefined, bridge: string, uplink: string, present: PresentNetworkState): Check[] {
  if (cidr === undefined) return [];
  const found = collision({ cidr, bridge, uplink }, present) ?? onUplink(cidr, uplink, present);
  if (found === undefined) return [{ name: 'container range', state: 'well', finding: `${cidr} is free` }];
  return [{ name: 'container range', state: 'wrong', finding: found.replace(/^range: /, '').replace(/; choose.*/, ''), remedy: 'choose another range for containers, or remove what has it' }];
}

/** Of a routed host, the range may not lie in the network of the uplink itself either. */
function onUplink(cidr: string, uplink: string, present: PresentNetworkState): string | undefined {
  const held = present.links.find(({ name }) => name === uplink)?.addresses.find(({ address, prefix }) => overlap(`${address}/${prefix}`, cidr));
  return held === undefined ? undefined : `${cidr} overlaps ${held.address}/${held.prefix} on ${uplink}`;
}

function checkForwarding(isRouted: boolean, present: PresentNetworkState): Check {
  const name = 'forwarding';
  if (isRouted === present.forwarding) return { name, state: 'well', finding: present.forwarding ? 'ip_forward is on, as routed containers need' : 'ip_forward is off, as on a flat network' };
  if (isRouted) return { name, state: 'doubtful', finding: 'ip_forward is off; routed containers need it', remedy: 'the running agent switches it on' };
  return { name, state: 'doubtful', finding: 'ip_forward is on; a flat network does not need it', remedy: 'start dockerd with --ip-forward=false and set net.ipv4.ip_forward=0, unless something else needs it' };
}
