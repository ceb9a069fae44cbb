// Joining a cluster: a one-time token becomes a credential in a file that only root may read.
// Nothing is kept of a refused join; a host that has a credential already does not join again.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AgentConfig } from './config.ts';
import { openEngine } from './docker/engine.ts';
import { hostFacts } from './host/facts.ts';
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
 * Joins this host and writes `stateDir/credential.json` (0600).
 * Throws the server's sentence when it refuses, and a sentence with file or address when something else is wrong.
 */
export async function joinServer(config: AgentConfig, token: string): Promise<void> {
  const file = credentialFile(config.stateDir);
  const present = await readCredential(config.stateDir);
  if (present !== undefined) throw new Error(`this host has joined already, as ${present.hostId} of cluster ${present.clusterId}; remove ${file} to join anew`);
  await assertWritable(config.stateDir);
  const engine = await openEngine({ socketPath: config.dockerSocket }).facts().catch(() => undefined);
  const credential = await requestJoin(config, token, hostFacts(engine));
  await writeWhole(file, `${JSON.stringify(credential)}\n`, 0o600);
}

/** Asks the server; gives the credential without storing it. */
export async function requestJoin(config: JoinSubject, token: string, facts: Facts): Promise<Credential> {
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
  };
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(JOIN_LIMIT_MS) });
    text = await response.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? sentenceOf(error.cause) : sentenceOf(error);
    throw new Error(`${url}: the server cannot be reached: ${cause}`, { cause: error });
  }
  const answer = parseJson(text);
  if (!response.ok) {
    const problem = Problem.safeParse(answer).data;
    throw new JoinRefusedError(problem?.detail ?? problem?.title ?? `${url}: HTTP ${response.status}`, problem?.code ?? String(response.status));
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
