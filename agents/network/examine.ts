// The network part of the doctor: uplink, address, bridge name, forwarding, firewall, ranges. Only looks.
// Takes the assignment's network when the host has one, else what a join would say.
import type { AgentConfig } from '../config.ts';
import type { Check } from '../check.ts';
import { openLedger } from '../ledger.ts';
import { sentenceOf } from '../log.ts';
import type { HostNetwork } from '../protocol.ts';
import { readAddresses, readForwarding, readForwardRules, readRoutes } from './commands.ts';
import { overlap, parsePresent, planNetwork, type PresentNetworkState } from './plan.ts';
import type { Runner } from './run.ts';

const BRIDGE_FILTER = '/proc/sys/net/bridge/bridge-nf-call-iptables';

/** Checks of this host's network; rejects only when `ip` itself does not work. */
export async function examineNetwork(config: AgentConfig, run: Runner): Promise<Check[]> {
  const present = parsePresent(...(await Promise.all([run(readAddresses()), run(readRoutes()), run(readForwarding())])));
  const network = (await openLedger(config.stateDir).read()).assignment?.network;
  const routed = network?.mode === 'routed' ? network : undefined;
  const isRouted = network === undefined ? config.containerCidr !== undefined : network.mode === 'routed';
  return [
    ...checkUplink(config, present),
    ...(network === undefined ? [] : checkPlan(network, present)),
    ...checkRange(routed?.cidr ?? config.containerCidr, routed?.bridge, present),
    checkForwarding(isRouted, present),
    await checkFirewall(isRouted, run),
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

/** What the agent has still to do, and what hinders it. */
function checkPlan(network: HostNetwork, present: PresentNetworkState): Check[] {
  const plan = planNetwork(network, present);
  const [problem] = plan.problems;
  if (problem !== undefined) return [{ name: 'bridge', state: 'wrong', finding: problem, remedy: 'change it by hand; the agent goes on by itself' }];
  if (plan.steps.length === 0) return [{ name: 'bridge', state: 'well', finding: `${network.bridge} stands as assigned` }];
  return [{ name: 'bridge', state: 'doubtful', finding: `${network.bridge} is not as assigned yet: ${plan.steps.map((step) => step.kind).join(', ')}`, remedy: 'the running agent does this; see its log when it does not' }];
}

/** A range of containers that the host reaches elsewhere already would be cut off, or cut others off. */
function checkRange(range: string | undefined, bridge: string | undefined, present: PresentNetworkState): Check[] {
  if (range === undefined) return [];
  const isHit = (cidr: string): boolean => overlap(cidr, range);
  const route = present.routes.find((one) => one.destination !== 'default' && one.device !== bridge && isHit(one.destination));
  const link = present.links.find((one) => one.name !== bridge && one.addresses.some((held) => isHit(`${held.address}/${held.prefix}`)));
  const holder = route === undefined ? link?.name : `the route to ${route.destination} on ${route.device}`;
  if (holder === undefined) return [{ name: 'container range', state: 'well', finding: `${range} is free` }];
  return [{ name: 'container range', state: 'wrong', finding: `${range} overlaps ${holder}`, remedy: 'choose another range for containers, or remove what has it' }];
}

function checkForwarding(isRouted: boolean, present: PresentNetworkState): Check {
  const name = 'forwarding';
  if (isRouted === present.forwarding) return { name, state: 'well', finding: present.forwarding ? 'ip_forward is on, as routed containers need' : 'ip_forward is off, as on a flat network' };
  if (isRouted) return { name, state: 'doubtful', finding: 'ip_forward is off; routed containers need it', remedy: 'the running agent switches it on' };
  return { name, state: 'doubtful', finding: 'ip_forward is on; a flat network does not need it', remedy: 'start dockerd with --ip-forward=false and set net.ipv4.ip_forward=0, unless something else needs it' };
}

/** A policy that drops forwarded packets drops those of containers: routed always, bridged ones when bridges pass through iptables. */
async function checkFirewall(isRouted: boolean, run: Runner): Promise<Check> {
  const name = 'firewall';
  const rules = await run(readForwardRules()).catch((error: unknown) => error);
  if (typeof rules !== 'string') return { name, state: 'well', finding: `no iptables rules can be read, so none are in the way: ${sentenceOf(rules)}` };
  const bridgesFiltered = (await run({ args: ['cat', BRIDGE_FILTER] }).catch(() => '0')).trim() === '1';
  const isDropping = /^-P FORWARD (DROP|REJECT)/m.test(rules);
  if (!isDropping || (!isRouted && !bridgesFiltered)) return { name, state: 'well', finding: 'forwarded packets of containers pass' };
  return {
    name,
    state: 'wrong',
    finding: `iptables drops forwarded packets${isRouted ? '' : ', and bridged ones go through it'}`,
    remedy: 'start dockerd with --iptables=false and set the policy with: iptables -P FORWARD ACCEPT',
  };
}
