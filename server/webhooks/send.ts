// One HTTP call to a webhook: five seconds, no redirects, and no address of this machine or of private networks unless the configuration allows it.
// Addresses are judged where the connection is made, so that a name which changes its mind in between gains nothing.
import { lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface Call {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Names and ranges that may be reached although they are private. */
  readonly allow: readonly string[];
}
export interface Heard {
  readonly isHeard: boolean;
  /** `204`, or why it was not heard. */
  readonly status: string;
}

const DEADLINE_MS = 5_000;
const WEBHOOK_ALLOW = 'FIRN_WEBHOOK_ALLOW';

/** @returns heard for any answer 200 to 299; never throws */
export async function callWebhook({ url, headers, body, allow }: Call): Promise<Heard> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isNamed = allow.includes(host.toLowerCase());
  const refused = isIP(host) === 0 || isNamed ? null : whyRefused(host, allow);
  if (refused !== null) return { isHeard: false, status: refused };
  const { promise, resolve } = Promise.withResolvers<Heard>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const bytes = Buffer.from(body);
  const request = send(url, { method: 'POST', agent: false, headers: { 'content-type': 'application/json', 'user-agent': 'firn', ...headers, 'content-length': bytes.length }, lookup: guardedLookup(isNamed ? null : allow), signal: AbortSignal.timeout(DEADLINE_MS) }, (response) => {
    const status = response.statusCode ?? 0;
    // What it says is of no use, and may be endless.
    response.on('error', () => undefined).destroy();
    if (status >= 300 && status < 400) resolve({ isHeard: false, status: `${status}: redirects are not followed` });
    else resolve({ isHeard: status >= 200 && status < 300, status: String(status) });
  });
  request.on('error', (error: NodeJS.ErrnoException) => resolve({ isHeard: false, status: reasonOf(error) }));
  request.end(bytes);
  return await promise;
}

/** @param allow null: the name itself is allowed, wherever it leads; setting: the variable that says what is allowed, for the sentence */
export function guardedLookup(allow: readonly string[] | null, setting = WEBHOOK_ALLOW): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '');
      const refused = allow === null ? undefined : addresses.map(({ address }) => whyRefused(address, allow, setting)).find((reason) => reason !== null);
      if (refused !== undefined) return done(new Error(refused), '');
      const [first] = addresses;
      if (first === undefined) return done(new Error('the name has no address'), '');
      if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

/** Why an address is not called; null: it is. */
export function whyRefused(address: string, allow: readonly string[], setting = WEBHOOK_ALLOW): string | null {
  if (!ipaddr.isValid(address)) return `${address} is no address`;
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'unicast' || allow.some((each) => covers(each, parsed))) return null;
  return `${address} is an address of this machine or of a private network: ${setting} does not name it`;
}

function covers(range: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (ipaddr.isValid(range)) return ipaddr.process(range).toString() === address.toString();
  if (!ipaddr.isValidCIDR(range)) return false;
  const [network, bits] = ipaddr.parseCIDR(range);
  return network.kind() === address.kind() && address.match(network, bits);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer within ${DEADLINE_MS / 1000} seconds`;
  if (error.code === 'ECONNREFUSED') return 'nothing listens there';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'the name is not known';
  return error.message.slice(0, 200);
}
