/**
 * Which addresses load may be sent to: this machine's loopback and the networks of labs that run on this machine. Nothing else, ever:
 * a load generator with a mistyped address is an attack on a stranger.
 */
import ipaddr from 'ipaddr.js';
import { labRanges } from '../lab/claim.ts';

/** Networks that load may be sent to right now. */
export async function allowedNetworks(): Promise<string[]> {
  return ['127.0.0.0/8', '::1/128', ...(await labRanges())];
}

/** The target as a URL. Throws an Error that names it unless it is plain HTTP to a literal address inside an allowed network. */
export function checkTarget(target: string, networks: readonly string[]): URL {
  const refuse = (why: string): never => {
    throw new Error(`target "${target}": ${why}; load is only sent to ${networks.join(', ')}`);
  };
  const url = URL.canParse(target) ? new URL(target) : refuse('not a URL');
  if (url.protocol !== 'http:') return refuse('only http:// is driven');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A name could resolve to another address later: only literal addresses can be checked.
  if (!ipaddr.isValid(host)) return refuse('give an address, not a name');
  const address = ipaddr.parse(host);
  const inside = networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match(base, bits);
  });
  return inside ? url : refuse('not an address of this machine or its labs');
}
