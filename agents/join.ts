// Joining a cluster: a one-time token becomes a credential in a file that only root may read.
// Nothing is kept of a refused join; a host that has a credential already does not join again.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { callServer, fetchAuthority, textOf, type Tls } from './call-server.ts';
import type { AgentConfig } from './config.ts';
import { makeRequest, type KeyedRequest } from './csr.ts';
import { openEngine } from './docker/engine.ts';
import { hostFacts } from './host/facts.ts';
import { belongTogether, openIdentityFiles } from './identity-files.ts';
import { writeWhole } from './ledger.ts';
import { sentenceOf } from './log.ts';
import { JoinResponse, PROTOCOL_VERSION, type Facts, type JoinRequest } from './protocol.ts';

/** Who this host is to the server. */
export type Credential = JoinResponse;

/** A server may be busy with its own start when the first hosts come. */
const JOIN_LIMIT_MS = 15_000;

/** The server said no, and why; `code` is stable. */
export class JoinRefusedError extends Error {
  override name = 'JoinRefusedError';
  readonly code: string;

  constructor(sentence: string, code: string) {
    super(sentence);
    this.code = code;
  }
}

const Problem = z.object({ title: z.string().optional(), detail: z.string().optional(), code: z.string().optional(), type: z.string().optional() });

/**
 * Joins this host and writes `stateDir/credential.json` and, over TLS, `stateDir/identity.json` (both 0600).
 * Throws the server's sentence when it refuses, and a sentence with file or address when something else is wrong.
 */
export async function joinServer(config: AgentConfig, token: string): Promise<void> {
  const file = credentialFile(config.stateDir);
  const present = await readCredential(config.stateDir);
  if (present !== undefined && config.again !== true) throw new Error(`this host has joined already, as ${present.hostId} of cluster ${present.clusterId}; remove ${file} to join anew, or give it a new identity with a token of \`firn host rejoin\` and --again`);
  await assertWritable(config.stateDir);
  const engine = await openEngine({ socketPath: config.dockerSocket }).facts().catch(() => undefined);
  const authority = await firstTrust(config);
  const request = authority === undefined ? undefined : makeRequest(config.name);
  const { identity, ...credential } = await requestJoin(config, token, hostFacts(engine), request === undefined || authority === undefined ? undefined : { request, authority });
  if (request !== undefined && identity !== undefined) {
    const whole = { key: request.key, ...identity };
    if (!belongTogether(whole) || identity.authority.trim() !== authority?.trim()) throw new Error(`${config.serverUrl}: the certificate that the server sent does not fit this host's key and the authority that it showed`);
    await openIdentityFiles(config.stateDir).write(whole);
  }
  // Last: with it this host has joined.
  await writeWhole(file, `${JSON.stringify(credential)}\n`, 0o600);
}

/** @returns the authority of the server, PEM; undefined where the address speaks no TLS. Throws without a fingerprint, unless somebody said so */
async function firstTrust({ serverUrl, caSha256, insecureFirstJoin }: AgentConfig): Promise<string | undefined> {
  const url = httpBase(serverUrl);
  if (!url.startsWith('https:')) {
    if (caSha256 !== undefined) throw new Error(`serverUrl: ${serverUrl} speaks no TLS, and --ca-sha256 is given: use https://`);
    return undefined;
  }
  if (caSha256 === undefined && insecureFirstJoin !== true) throw new Error('caSha256: is missing; give --ca-sha256 from the join command, or --insecure-first-join to believe whoever answers');
  return await fetchAuthority(url, { sha256: caSha256 ?? null }, AbortSignal.timeout(JOIN_LIMIT_MS));
}

/** What a join over TLS brings along. */
export interface SecureJoin {
  readonly request: KeyedRequest;
  /** PEM. */
  readonly authority: string;
}

const MOST_ANSWER_BYTES = 256 * 1024;

/** Asks the server; gives the credential without storing it. */
export async function requestJoin(config: JoinSubject, token: string, facts: Facts, secure?: SecureJoin): Promise<Credential> {
  const url = `${httpBase(config.serverUrl)}/agents/join`;
  const body: JoinRequest = {
    protocol: PROTOCOL_VERSION,
    token,
    name: config.name,
    address: config.address,
    facts,
    uplink: config.uplink,
    ...(config.declared === undefined ? {} : { declared: config.declared }),
    ...(config.containerCidr === undefined ? {} : { containerCidr: config.containerCidr }),
    ...(secure === undefined ? {} : { csr: secure.request.csr }),
  };
  const tls: Tls | undefined = secure === undefined ? undefined : { authority: secure.authority };
  const response = await callServer({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), tls, signal: AbortSignal.timeout(JOIN_LIMIT_MS) });
  const answer = parseJson(await textOf(response, MOST_ANSWER_BYTES));
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) {
    const problem = Problem.safeParse(answer).data;
    throw new JoinRefusedError(problem?.detail ?? problem?.title ?? `${url}: HTTP ${status}`, problem?.code ?? String(status));
  }
  const credential = JoinResponse.safeParse(answer);
  if (!credential.success) throw new Error(`${url}: the answer is not one of a Firn server`);
  return credential.data;
}

export type JoinSubject = Pick<AgentConfig, 'serverUrl' | 'name' | 'address' | 'uplink' | 'declared' | 'containerCidr'>;

/** The stored credential; undefined before a join. Throws when the file is there but is not one. */
export async function readCredential(stateDir: string): Promise<Credential | undefined> {
  const file = credentialFile(stateDir);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const credential = JoinResponse.safeParse(parseJson(text));
  if (!credential.success) throw new Error(`${file}: is not a credential; remove it and join again`);
  return credential.data;
}

/** Base of HTTP requests to the agents' port. */
export function httpBase(serverUrl: string): string {
  return serverUrl.replace(/^ws/, 'http').replace(/\/+$/, '');
}

/** Address of the agents' WebSocket. */
export function webSocketUrl(serverUrl: string): string {
  return `${serverUrl.replace(/^http/, 'ws').replace(/\/+$/, '')}/agents/ws`;
}

const credentialFile = (stateDir: string): string => join(stateDir, 'credential.json');

/** A token works once: find out that the credential could not be written before it is used up. */
async function assertWritable(stateDir: string): Promise<void> {
  const trial = join(stateDir, '.trial');
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await writeFile(trial, '');
    await rm(trial);
  } catch (error) {
    throw new Error(`stateDir: ${stateDir} cannot be written: ${sentenceOf(error)}`, { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
