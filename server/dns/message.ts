// One DNS message in, one out: an authoritative server of one zone. It looks nothing up for anybody, transfers nothing, and says no more than is
// asked. Takes a query's bytes and what is known of names; gives the answer's bytes, or nothing for what deserves none. No sockets here.
import packet from 'dns-packet';
import { addressBytes } from '../sites/client-range.ts';
import type { Told } from './tell.ts';

export interface Zone {
  /** Without the last dot. */
  readonly name: string;
  /** Names below it that have no address but have names below them. */
  isBetween(name: string): boolean;
  tell(name: string, client: readonly number[]): Told | undefined;
  /** Rises when answers change. */
  serial(): number;
  /** IPv4 address of this server, where it is known: the address of its NS. */
  readonly address: string | null;
}

export type Outcome = 'answered' | 'refused' | 'unknown' | 'malformed';
export interface Replied {
  /** Null: no answer at all. */
  readonly bytes: Buffer | null;
  readonly outcome: Outcome;
  readonly isTruncated: boolean;
}

const RCODE = { ok: 0, format: 1, failure: 2, unknownName: 3, notImplemented: 4, refused: 5 } as const;
const HEADER_BYTES = 12;
/** Of UDP without EDNS. */
const PLAIN_BYTES = 512;
/** No path that matters fragments this. */
const MOST_UDP_BYTES = 1232;
/** How long it is remembered that there is no such name: soon there may be one. */
const NEGATIVE_TTL_SECONDS = 10;
const OPCODE_BITS = 0x7800;
const CLIENT_SUBNET = 8;

interface Query {
  readonly id: number;
  readonly flags: number;
  readonly question: packet.Question;
  readonly edns: (packet.OptAnswer & { readonly ednsVersion?: number }) | undefined;
  readonly subnet: Subnet | undefined;
  readonly most: number;
}
interface Subnet {
  readonly ip: string;
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** @param peer bytes of the address that the query came from */
export function reply(bytes: Buffer, peer: readonly number[], { zone, isTcp }: { readonly zone: Zone; readonly isTcp: boolean }): Replied {
  // Answers are never answered, or two servers could talk to each other for ever.
  if (bytes.length < HEADER_BYTES || (bytes[2]! & 0x80) !== 0) return { bytes: null, outcome: 'malformed', isTruncated: false };
  const query = read(bytes, isTcp);
  if (query === undefined) return { bytes: null, outcome: 'malformed', isTruncated: false };
  if ((query.flags & OPCODE_BITS) !== 0) return say(query, { rcode: RCODE.notImplemented, outcome: 'refused' });
  if (query.edns !== undefined && (query.edns.ednsVersion ?? 0) !== 0) return say(query, { rcode: RCODE.ok, isBadVersion: true, outcome: 'refused' });
  const { name, type, class: klass } = query.question;
  const asked = name.toLowerCase();
  const isInside = asked === zone.name || asked.endsWith(`.${zone.name}`);
  if (!isInside || klass !== 'IN' || (type as string) === 'AXFR' || (type as string) === 'IXFR') return say(query, { rcode: RCODE.refused, outcome: 'refused' });
  return inZone(query, asked, peer, zone);
}

function inZone(query: Query, asked: string, peer: readonly number[], zone: Zone): Replied {
  const { name, type } = query.question;
  const authority = [soa(zone, NEGATIVE_TTL_SECONDS)];
  const ns = `ns1.${zone.name}`;
  if (asked === zone.name) {
    const all: Partial<Record<string, packet.Answer[]>> = { SOA: [soa(zone, 300)], NS: [{ type: 'NS', name, ttl: 3600, data: ns }] };
    const found = all[type];
    return found === undefined ? say(query, { rcode: RCODE.ok, authority, outcome: 'answered' }) : say(query, { rcode: RCODE.ok, answers: found, outcome: 'answered' });
  }
  if (asked === ns && zone.address !== null) {
    const own: packet.Answer = { type: 'A', name, ttl: 3600, data: zone.address };
    return say(query, type === 'A' ? { rcode: RCODE.ok, answers: [own], outcome: 'answered' } : { rcode: RCODE.ok, authority, outcome: 'answered' });
  }
  const told = zone.tell(asked, query.subnet?.bytes ?? peer);
  if (told === undefined) return zone.isBetween(asked) ? say(query, { rcode: RCODE.ok, authority, outcome: 'answered' }) : say(query, { rcode: RCODE.unknownName, authority, outcome: 'unknown' });
  // Of all that could be asked with ANY this is all there is (RFC 8482).
  if (type !== 'A' && (type as string) !== 'ANY') return say(query, { rcode: RCODE.ok, authority, outcome: 'answered' });
  // A name without any address is a failure and not a fact: whoever has an older answer should keep it.
  if (told.addresses.length === 0) return say(query, { rcode: RCODE.failure, outcome: 'answered' });
  return say(query, { rcode: RCODE.ok, answers: told.addresses.map((data) => ({ type: 'A', name, ttl: told.ttlSeconds, data })), outcome: 'answered' });
}

/** @returns undefined for what is no query of one question */
function read(bytes: Buffer, isTcp: boolean): Query | undefined {
  let message: packet.DecodedPacket;
  try {
    message = packet.decode(bytes);
  } catch {
    return undefined;
  }
  const { id = 0, flags = 0, questions = [], answers = [], authorities = [], additionals = [] } = message;
  const [question] = questions;
  if (question === undefined || questions.length !== 1 || answers.length > 0 || authorities.length > 0) return undefined;
  const opts = additionals.filter((each): each is packet.OptAnswer => each.type === 'OPT');
  if (opts.length > 1) return undefined;
  const [edns] = opts;
  const size = edns === undefined ? PLAIN_BYTES : Math.min(MOST_UDP_BYTES, Math.max(PLAIN_BYTES, edns.udpPayloadSize));
  const subnet = edns === undefined ? undefined : subnetOf(edns);
  if (subnet === null) return undefined;
  return { id, flags, question, edns, subnet, most: isTcp ? 65_535 : size };
}

/** EDNS client subnet (RFC 7871). @returns null for one that cannot be */
function subnetOf({ options }: packet.OptAnswer): Subnet | null | undefined {
  const option = options.find(({ code }) => (code as unknown) === CLIENT_SUBNET) as { readonly ip?: string; readonly family?: number; readonly sourcePrefixLength?: number } | undefined;
  if (option === undefined || option.sourcePrefixLength === 0) return undefined;
  const bytes = option.ip === undefined ? undefined : addressBytes(option.ip);
  const bits = option.sourcePrefixLength;
  if (bytes === undefined || bits === undefined || bits > bytes.length * 8) return null;
  return { ip: option.ip!, bytes, bits };
}

const soa = ({ name, serial }: Zone, ttl: number): packet.Answer => ({
  type: 'SOA',
  name,
  ttl,
  data: { mname: `ns1.${name}`, rname: `hostmaster.${name}`, serial: serial(), refresh: 300, retry: 60, expire: 3600, minimum: NEGATIVE_TTL_SECONDS },
});

interface Said {
  readonly rcode: number;
  readonly answers?: readonly packet.Answer[];
  readonly authority?: readonly packet.Answer[];
  readonly isBadVersion?: boolean;
  readonly outcome: Outcome;
}

function say(query: Query, { rcode, answers = [], authority = [], isBadVersion = false, outcome }: Said): Replied {
  const flags = (outcome === 'refused' ? 0 : packet.AUTHORITATIVE_ANSWER) | (query.flags & (packet.RECURSION_DESIRED | OPCODE_BITS)) | rcode;
  const whole = packet.encode({ type: 'response', id: query.id, flags, questions: [query.question], answers: [...answers], authorities: [...authority], additionals: edns(query, isBadVersion) });
  if (whole.length <= query.most) return { bytes: whole, outcome, isTruncated: false };
  return { bytes: packet.encode({ type: 'response', id: query.id, flags: flags | packet.TRUNCATED_RESPONSE, questions: [query.question], additionals: edns(query, isBadVersion) }), outcome, isTruncated: true };
}

function edns({ edns: asked, subnet }: Query, isBadVersion: boolean): packet.Answer[] {
  if (asked === undefined) return [];
  // The answer holds for the whole network that was named: it was chosen for it.
  const options = subnet === undefined ? [] : [{ code: CLIENT_SUBNET, ip: subnet.ip, sourcePrefixLength: subnet.bits, scopePrefixLength: subnet.bits }];
  return [{ type: 'OPT', name: '.', udpPayloadSize: MOST_UDP_BYTES, extendedRcode: isBadVersion ? 1 : 0, ednsVersion: 0, flags: 0, flag_do: false, options } as unknown as packet.Answer];
}

/** The query sent back with a request to come by TCP: for a network that asks too much, so that one whose address others forge still gets through. */
export function comeByTcp(bytes: Buffer): Buffer | null {
  const query = read(bytes, false);
  if (query === undefined) return null;
  return packet.encode({ type: 'response', id: query.id, flags: packet.AUTHORITATIVE_ANSWER | packet.TRUNCATED_RESPONSE | (query.flags & packet.RECURSION_DESIRED), questions: [query.question] });
}
