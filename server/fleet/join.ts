// A machine becomes a host: with a one-time token, in one transaction, or not at all. Gives it an id and a credential that is shown once.
import { createHash, randomBytes } from 'node:crypto';
import { type JoinProblem, type JoinRequest, type JoinResponse, PROTOCOL_VERSION } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { whyTaken } from '../db/addresses.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { hostByAddress, hostByName, insertHost, listHosts } from '../db/hosts.ts';
import { putHostStatus } from '../db/host-status.ts';
import { type JoinTerms, joinTokenByHash, useJoinToken } from '../db/join-tokens.ts';
import { insertNetwork, listNetworks, networkByName, type NetworkRow } from '../db/networks.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError, type DomainError, type FieldError, InvalidError, UnauthenticatedError } from '../errors.ts';
import { keepIdentity, prepareIdentity, rejoinHost } from './join-identity.ts';
import { isWithin, normalCidr, overlap, rangeOf, toAddress } from '../addresses/ranges.ts';

/** Smaller machines cannot run the smallest useful container beside their own system; larger ones do not exist. */
const LEAST = { cpuMilli: 100, memoryMib: 64 };
const MOST = { cpuMilli: 1_024_000, memoryMib: 8_388_608 };

/** All tunnels of a cluster are one network. */
export const TUNNEL_VNI = 4_177;

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/**
 * @param peer how the request came: over TLS the host's certificate counts from the first moment
 * @throws DomainError with a code of JoinProblem
 */
export async function joinHost(context: Context, request: JoinRequest, peer: { readonly isTls: boolean } = { isTls: false }): Promise<JoinResponse> {
  const { store, ids, clock, fleet } = context;
  if (request.protocol !== PROTOCOL_VERSION) {
    throw refusal(InvalidError, 'protocol-version', `This agent speaks protocol ${request.protocol}, this server speaks ${PROTOCOL_VERSION}: install the agent of the server's version.`, { field: 'protocol', value: request.protocol, message: 'is another version', allowed: String(PROTOCOL_VERSION) });
  }
  const credential = randomBytes(32).toString('base64url');
  const rejoins = await store.read(async (reader) => (await joinTokenByHash(reader, hashOf(request.token)))?.terms.rejoins);
  const hostId = rejoins ?? ids.next();
  const prepared = await prepareIdentity(context, request, hostId);
  return await store.tx(async (tx) => {
    const now = clock.now();
    const terms = await takeToken(tx, request, now);
    if (terms.rejoins !== undefined) return await rejoinHost(context, tx, request, { hostId: terms.rejoins, credential, credentialHash: hashOf(credential), prepared, isSecure: peer.isTls });
    const capacity = request.declared ?? { cpuMilli: request.facts.cpuMilli, memoryMib: request.facts.memoryMib };
    for (const key of ['cpuMilli', 'memoryMib'] as const) {
      if (capacity[key] < LEAST[key] || capacity[key] > MOST[key]) throw invalid(`${request.declared === undefined ? 'facts' : 'declared'}.${key}`, capacity[key], 'cannot be the capacity of a host', `${LEAST[key]} to ${MOST[key]}`);
    }
    const taken = await hostByName(tx, request.name);
    if (taken !== undefined) throw refusal(ConflictError, 'name-taken', `A host named ${request.name} has joined already: remove it first, or give this machine another name.`, { field: 'name', value: request.name, message: 'is taken' });
    const networkId = await networkFor(context, tx, request, terms, hostId, now);
    await insertHost(tx, {
      id: hostId,
      name: request.name,
      kind: terms.kind,
      site: terms.site,
      rack: terms.rack,
      address: request.address,
      uplink: request.uplink,
      networkId,
      ...capacity,
      reservedCpuMilli: 0,
      reservedMemoryMib: 0,
      costCentsPerHour: terms.costCentsPerHour,
      performance: terms.performance,
      stability: terms.stability,
      labels: terms.labels,
      taints: terms.taints,
      environments: terms.environments,
      cordonReason: null,
      drainReason: null,
      credentialHash: hashOf(credential),
      joinedAt: now,
    });
    const status = { hostId, state: 'joining' as const, reason: 'has not reported yet', since: now, lastSeenAt: null, facts: request.facts, reportedGeneration: 0 };
    await putHostStatus(tx, [status]);
    await appendEvent(tx, { at: now, actor: `host ${request.name}`, kind: 'host.joined', subjectType: 'host', subjectId: hostId, subject: request.name, message: `${request.name} joined as ${terms.kind} in ${terms.site}/${terms.rack}, ${capacity.cpuMilli} millicores, ${capacity.memoryMib} MiB` });
    const { id: clusterId } = await readCluster(tx);
    tx.afterCommit(() => {
      fleet.watch(status);
      context.loops.wake('dispatch');
    });
    return { clusterId, hostId, credential, ...(await keepIdentity(tx, { id: hostId, name: request.name }, prepared, { now, isSecure: peer.isTls })) };
  });
}

async function takeToken(tx: Tx, request: JoinRequest, now: number): Promise<JoinTerms> {
  const token = await joinTokenByHash(tx, hashOf(request.token));
  if (token === undefined) throw refusal(UnauthenticatedError, 'token-unknown', 'This join token is not known: make a new one in the console, or with `firn host token`.');
  if (token.usedBy !== null) throw refusal(ConflictError, 'token-used', `This join token was used by ${token.usedBy}: every machine needs one of its own.`);
  if (token.expiresAt <= now) throw refusal(InvalidError, 'token-expired', `This join token expired at ${new Date(token.expiresAt).toISOString()}: make a new one.`);
  await useJoinToken(tx, token.id, request.name);
  return token.terms;
}

async function networkFor(context: Context, tx: Tx, request: JoinRequest, terms: JoinTerms, hostId: string, now: number): Promise<string> {
  if (terms.mode === 'flat') return await flatNetwork(tx, request, terms, now);
  return terms.mode === 'host' ? await ownNetwork(context, tx, request, terms, hostId, now) : await routedNetwork(context, tx, request, terms, hostId, now);
}

/** Containers share the host's network: its address is the only one there is, for one replica at a time. */
async function ownNetwork({ ids }: Context, tx: Tx, request: JoinRequest, terms: JoinTerms, hostId: string, now: number): Promise<string> {
  await refuseTakenAddress(tx, request.address, now);
  const { address } = request;
  const name = (await networkByName(tx, request.name)) === undefined ? request.name : `${request.name}-host`;
  const row: NetworkRow = { id: ids.next(), name, mode: 'host', site: terms.site, cidr: `${address}/32`, gateway: address, first: address, last: address, excluded: [], dns: terms.dns, hostId, createdAt: now, vlan: null, tunnelVni: null };
  await insertNetwork(tx, row);
  return row.id;
}

async function flatNetwork(tx: Tx, request: JoinRequest, terms: JoinTerms, now: number): Promise<string> {
  const network = terms.network === undefined ? undefined : await networkByName(tx, terms.network);
  if (network === undefined || network.mode !== 'flat') throw refusal(InvalidError, 'network-missing', `The join token names the network ${terms.network ?? '(none)'}, and there is no flat network of that name: add it first.`);
  if (!isWithin(request.address, rangeOf(network.cidr))) throw invalid('address', request.address, `is not in ${network.cidr}, the range of network ${network.name}`, network.cidr);
  if (request.address === network.gateway) throw refusal(ConflictError, 'address-taken', `${request.address} is the router of network ${network.name}.`, { field: 'address', value: request.address, message: 'is taken' });
  await refuseTakenAddress(tx, request.address, now);
  return network.id;
}

async function routedNetwork({ ids }: Context, tx: Tx, request: JoinRequest, terms: JoinTerms, hostId: string, now: number): Promise<string> {
  const brought = request.containerCidr ?? terms.containerCidr;
  const cidr = brought === undefined ? undefined : normalCidr(brought);
  if (cidr === undefined) throw invalid('containerCidr', undefined, 'is needed: the range that the VPC routes to this machine', 'an IPv4 range such as 10.30.7.0/24');
  // The router knows the range that the machine was made for, and no other.
  if (terms.containerCidr !== undefined && cidr !== normalCidr(terms.containerCidr)) throw invalid('containerCidr', cidr, 'is not the range that this machine was made for', terms.containerCidr);
  const prefix = Number(cidr.split('/')[1]);
  if (prefix < 16 || prefix > 29) throw invalid('containerCidr', cidr, 'has a size that is not allowed', 'a prefix length from 16 to 29');
  await refuseTakenAddress(tx, request.address, now);
  const range = rangeOf(cidr);
  if (isWithin(request.address, range)) throw invalid('containerCidr', cidr, `contains the host's own address ${request.address}`);
  await refuseOverlap(tx, cidr, 'containerCidr');
  const name = (await networkByName(tx, request.name)) === undefined ? request.name : `${request.name}-range`;
  const row: NetworkRow = {
    id: ids.next(),
    name,
    mode: 'routed',
    site: terms.site,
    cidr,
    // The bridge itself has the first address: it is the containers' router.
    gateway: toAddress(range.first + 1),
    first: toAddress(range.first + 2),
    last: toAddress(range.last - 1),
    excluded: [],
    dns: terms.dns,
    hostId,
    createdAt: now,
    vlan: null,
    tunnelVni: terms.tunnel === true ? TUNNEL_VNI : null,
  };
  await insertNetwork(tx, row);
  return row.id;
}

/** @throws DomainError `range-overlaps` when a network or a host lies in the range */
export async function refuseOverlap(tx: Tx, cidr: string, field: string): Promise<void> {
  const range = rangeOf(cidr);
  const networks = await listNetworks(tx);
  // A host whose containers share its network may be on any network, and its address is never given there.
  const shared = new Set(networks.filter(({ mode }) => mode === 'host').map(({ id }) => id));
  const network = networks.find((each) => each.mode !== 'host' && overlap(range, rangeOf(each.cidr)));
  const host = (await listHosts(tx)).find(({ address, networkId }) => isWithin(address, range) && !(field === 'cidr' && shared.has(networkId)));
  const other = network !== undefined ? `network ${network.name} (${network.cidr})` : host !== undefined ? `host ${host.name} (${host.address})` : undefined;
  if (other !== undefined) throw refusal(ConflictError, 'range-overlaps', `${field} ${cidr} overlaps ${other}.`, { field, value: cidr, message: `overlaps ${other}`, allowed: 'a range that nothing else uses' });
}

async function refuseTakenAddress(tx: Tx, address: string, now: number): Promise<void> {
  const host = await hostByAddress(tx, address);
  const reason = host !== undefined ? `${address} is the address of host ${host.name}` : await whyTaken(tx, address, '', now);
  if (reason !== undefined) throw refusal(ConflictError, 'address-taken', `${reason}.`, { field: 'address', value: address, message: 'is taken' });
}

function invalid(field: string, value: string | number | undefined, message: string, allowed?: string): DomainError {
  const text = value === undefined ? field : `${field} ${value}`;
  return refusal(InvalidError, 'invalid', `${text} ${message}${allowed === undefined ? '' : ` (allowed: ${allowed})`}.`, { field, value, message, ...(allowed === undefined ? {} : { allowed }) });
}

/** An error with one of the codes that agents know. */
function refusal(kind: new (code: string, message: string, fields?: readonly FieldError[]) => DomainError, code: JoinProblem, message: string, field?: FieldError): DomainError {
  return new kind(code, message, field === undefined ? [] : [field]);
}
