// The kernel's part of the doctor: firewalls on the way of forwarded packets, frames of bridges in iptables, path filters, packet sizes, and
// what a VLAN or a tunnel needs. Only looks; what cannot be read is told as that.
import type { Check } from '../check.ts';
import { sentenceOf } from '../log.ts';
import type { HostNetwork } from '../protocol.ts';
import { readBridgeFilter, readForwardRules, readNeighbourWords, readNftChains, readPathFilter } from './commands.ts';
import type { PresentNetworkState } from './plan.ts';
import type { Runner } from './run.ts';
import { TUNNEL_LINK } from './tunnel.ts';

/** What a packet grows by in the tunnel: Ethernet, IP, UDP and VXLAN headers. */
const TUNNEL_BYTES = 50;

export interface KernelQuestion {
  readonly uplink: string;
  readonly isRouted: boolean;
  readonly network: HostNetwork | undefined;
}

/** Checks of the kernel as it stands. */
export async function examineKernel(question: KernelQuestion, present: PresentNetworkState, run: Runner): Promise<Check[]> {
  const sharesHost = question.network?.mode === 'host';
  const bridgesFiltered = (await run(readBridgeFilter()).catch(() => '0')).trim() === '1';
  return [
    ...(sharesHost ? [] : [await checkFirewall(question.isRouted, bridgesFiltered, run), await checkNft(question.isRouted, bridgesFiltered, run)]),
    ...(question.isRouted || sharesHost ? [] : [checkBridgeFilter(bridgesFiltered), await checkAsking(run)]),
    ...(await checkPathFilter(question, present, run)),
    ...checkPacketSize(question, present),
    ...(await checkModules(question.network, run)),
  ];
}

/** A policy that drops forwarded packets drops those of containers: routed always, bridged ones when bridges pass through iptables. */
async function checkFirewall(isRouted: boolean, bridgesFiltered: boolean, run: Runner): Promise<Check> {
  const name = 'firewall';
  const rules = await run(readForwardRules()).catch((error: unknown) => error);
  if (typeof rules !== 'string') return { name, state: 'well', finding: `no iptables rules can be read, so none are in the way: ${sentenceOf(rules)}` };
  const isDropping = /^-P FORWARD (DROP|REJECT)/m.test(rules);
  if (!isDropping || (!isRouted && !bridgesFiltered)) return { name, state: 'well', finding: 'forwarded packets of containers pass' };
  return {
    name,
    state: 'wrong',
    finding: `iptables drops forwarded packets${isRouted ? '' : ', and bridged ones go through it'}`,
    remedy: 'start dockerd with --iptables=false and set the policy with: iptables -P FORWARD ACCEPT',
  };
}

/** Chains of nftables on the same way, such as those of firewalld; those of iptables are there too and told above. */
async function checkNft(isRouted: boolean, bridgesFiltered: boolean, run: Runner): Promise<Check> {
  const name = 'nftables';
  const text = await run(readNftChains()).catch((error: unknown) => error);
  if (typeof text !== 'string') return { name, state: 'well', finding: 'nft is not installed, or has nothing to say' };
  const dropping = droppingChains(text).filter(({ family }) => isRouted || bridgesFiltered || family === 'bridge');
  if (dropping.length === 0) return { name, state: 'well', finding: 'no chain drops what is forwarded by its policy' };
  const [first] = dropping;
  const names = dropping.map(({ family, table, chain }) => `${family} ${table} ${chain}`).join(', ');
  return { name, state: 'wrong', finding: `the policy of ${names} drops what is forwarded`, remedy: `let it pass: nft add rule ${first?.family} ${first?.table} ${first?.chain} accept, or stop the firewall that made it` };
}

/** Chains on the hook `forward` whose policy is to drop, from `nft --json list chains`; those of iptables' own tables are left out. */
export function droppingChains(text: string): { readonly family: string; readonly table: string; readonly chain: string }[] {
  const { nftables = [] } = JSON.parse(text.trim() || '{}') as { nftables?: { chain?: { family: string; table: string; name: string; hook?: string; policy?: string } }[] };
  return nftables.flatMap(({ chain }) => {
    const isIptables = chain?.table === 'filter' && chain.name === 'FORWARD';
    return chain?.hook === 'forward' && chain.policy === 'drop' && !isIptables ? [{ family: chain.family, table: chain.table, chain: chain.name }] : [];
  });
}

function checkBridgeFilter(bridgesFiltered: boolean): Check {
  const name = 'bridge filter';
  if (!bridgesFiltered) return { name, state: 'well', finding: 'frames between containers do not pass through iptables' };
  return { name, state: 'doubtful', finding: 'br_netfilter sends every bridged frame through iptables, which costs CPU and may drop it', remedy: 'sysctl -w net.bridge.bridge-nf-call-iptables=0, unless something else needs it' };
}

/** Whether it can be found out by ARP that something else has an address before a container gets it. */
async function checkAsking(run: Runner): Promise<Check> {
  const name = 'duplicate addresses';
  const words = await run(readNeighbourWords()).catch(sentenceOf);
  if (/\[ ?use ?\]/.test(words)) return { name, state: 'well', finding: 'neighbours are asked before an address is used' };
  return { name, state: 'doubtful', finding: 'this iproute2 cannot make the kernel ask for a neighbour: addresses are used without asking who has them', remedy: 'install iproute2 5.0 or newer' };
}

/** Strict filters drop what comes in by another interface than answers leave by: with one uplink there is no other. */
async function checkPathFilter({ uplink, isRouted, network }: KernelQuestion, present: PresentNetworkState, run: Runner): Promise<Check[]> {
  if (!isRouted) return [];
  const read = async (link: string): Promise<number> => Number((await run(readPathFilter(link)).catch(() => '0')).trim());
  const mode = Math.max(await read('all'), await read(uplink));
  const others = present.links.filter(({ name, kind, addresses }) => name !== 'lo' && name !== uplink && name !== network?.bridge && kind === undefined && addresses.length > 0);
  const name = 'path filter';
  if (mode !== 1 || others.length === 0) return [{ name, state: 'well', finding: `rp_filter is ${mode}${others.length === 0 ? ', and there is one way out' : ''}` }];
  return [{ name, state: 'doubtful', finding: `rp_filter is strict, and ${others.map((link) => link.name).join(', ')} is a way out beside ${uplink}: packets that come by one and are answered by the other are dropped`, remedy: `sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.${uplink}.rp_filter=2` }];
}

/** Longer packets than the next interface takes get lost where nobody may say so. */
function checkPacketSize({ uplink, network }: KernelQuestion, present: PresentNetworkState): Check[] {
  const mtuOf = (link: string | undefined): number | undefined => present.links.find(({ name }) => name === link)?.mtu;
  const [out, bridge] = [mtuOf(uplink), mtuOf(network?.bridge)];
  if (out === undefined) return [];
  const name = 'packet size';
  const least = network?.tunnel === undefined ? bridge : (mtuOf(TUNNEL_LINK) ?? out - TUNNEL_BYTES) + TUNNEL_BYTES;
  if (least !== undefined && least > out) {
    const link = network?.tunnel === undefined ? network?.bridge : TUNNEL_LINK;
    return [{ name, state: 'wrong', finding: `${link} sends packets of up to ${least} bytes over ${uplink}, which takes ${out}`, remedy: `ip link set dev ${link} mtu ${network?.tunnel === undefined ? out : out - TUNNEL_BYTES}` }];
  }
  return [{ name, state: 'well', finding: network?.tunnel === undefined ? `${uplink} takes ${out} bytes` : `${uplink} takes ${out} bytes, of which the tunnel leaves ${out - TUNNEL_BYTES}` }];
}

/** What the kernel must know of for a VLAN or a tunnel: built in, loaded, or there to be loaded. */
async function checkModules(network: HostNetwork | undefined, run: Runner): Promise<Check[]> {
  const wanted = [...(network?.vlan === undefined ? [] : ['8021q']), ...(network?.tunnel === undefined ? [] : ['vxlan'])];
  const checks: Check[] = [];
  for (const module of wanted) {
    const isThere = await run({ args: ['modprobe', '--dry-run', '--quiet', module] }).then(() => true, () => false);
    const isLoaded = await run({ args: ['ls', `/sys/module/${module}`] }).then(() => true, () => false);
    if (isThere || isLoaded) checks.push({ name: `module ${module}`, state: 'well', finding: 'the kernel has it' });
    else checks.push({ name: `module ${module}`, state: 'doubtful', finding: 'neither loaded nor found by modprobe; it may be built in', remedy: `modprobe ${module}, or install the modules of this kernel` });
  }
  return checks;
}
