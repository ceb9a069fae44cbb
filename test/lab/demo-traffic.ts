/**
 * The demo's clients and the gateway in front of them. Demand follows the demo's market day; what comes is counted and pushed every two seconds with a
 * token of the scope `push`, as a gateway does, and so is the turnover of the made-up exchange. In a lab each client is a real HTTP request: its address comes
 * from HTTP DNS, and a replica that does not answer is followed by the next one. In a simulated fleet nothing is sent: engines in memory are told how
 * often they are asked. Bounded in rate and in requests under way.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FakeBehaviour } from '#agents/docker/fake-behaviour.ts';
import type { ServiceView, TokenCreated } from '#server/http/contract/index.ts';
import type { Api } from './api.ts';
import { demandAt, turnoverAt } from './demo-day.ts';
import { type DemoService, ENVIRONMENT, TURNOVER } from './demo-services.ts';

const SEND_EVERY_MS = 100;
const PUSH_EVERY_MS = 2_000;
const SIGNAL_EVERY_MS = 10_000;
const LOOKUP_EVERY_MS = 5_000;
const MOST_UNDER_WAY = 64;
/** A busy machine is late; what it owes beyond this is not asked for. */
const MOST_BEHIND_MS = 3_000;
const ANSWER_MS = 5_000;
const TOKEN_SECONDS = 31_536_000;
/** Where clients are, as addresses: two are near the data centre for one that is near the cloud. */
export const NEAR = { dc1: '10.100.0.0/16', vpc1: '10.200.0.0/16' } as const;
const CLIENTS = ['10.100.1.7', '10.100.2.9', '10.200.1.7'];
const SOURCE = 'demo-gateway';

/** Takes so many requests of a service; `done` is told of each whether it was answered well. */
export type Carrier = (service: DemoService, count: number, done: (isGood: boolean) => void) => void;
interface Count {
  due: number;
  accepted: number;
  errors: number;
}

/** Runs until the signal. What cannot be pushed now is in the next push: counters are absolute. */
export async function runTraffic({ url, token, services, carry, signal }: { readonly url: string; readonly token: string; readonly services: readonly DemoService[]; readonly carry: Carrier; readonly signal: AbortSignal }): Promise<void> {
  const counts = services.map((service): { service: DemoService; count: Count } => ({ service, count: { due: 0, accepted: 0, errors: 0 } }));
  const post = (path: string, body: unknown) =>
    fetch(`${url}/api/v1${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MS) }).then((response) => response.arrayBuffer(), () => undefined);
  let [pushedAt, toldAt, sentAt] = [0, 0, Date.now()];
  while (!signal.aborted) {
    await delay(SEND_EVERY_MS, undefined, { signal }).catch(() => undefined);
    const now = Date.now();
    const ms = Math.min(MOST_BEHIND_MS, Math.max(0, now - sentAt));
    sentAt = now;
    for (const { service, count } of counts) {
      count.due += (demandOf(service, now) * ms) / 1000;
      const whole = Math.floor(count.due);
      count.due -= whole;
      count.accepted += whole;
      if (whole > 0) carry(service, whole, (isGood) => (count.errors += isGood ? 0 : 1));
    }
    if (now - pushedAt >= PUSH_EVERY_MS) {
      pushedAt = now;
      void post('/metrics/push', { source: SOURCE, at: new Date(now).toISOString(), workloads: counts.map(({ service: { draft }, count: { accepted, errors } }) => ({ service: draft.service, environment: ENVIRONMENT, counters: { accepted, errors } })) });
    }
    if (now - toldAt >= SIGNAL_EVERY_MS) {
      toldAt = now;
      void post(`/signals/${TURNOVER}`, { values: [{ value: turnoverAt(now) }] });
    }
  }
}

export const demandOf = ({ usualPeakQps, curve }: DemoService, atMs: number): number => demandAt(atMs, { peakQps: usualPeakQps, curve });

/** The gateway's own token, made once in the life of the data folder. */
export async function gatewayToken(api: Api, file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return kept;
  const { secret } = await api.post<TokenCreated>('/tokens', { name: SOURCE, scopes: ['push'], expiresInSeconds: TOKEN_SECONDS });
  await writeFile(file, secret, { mode: 0o600 });
  return secret;
}

/** Addresses as the demo's clients know them, asked for again every few seconds. @param url of HTTP DNS */
export function openNames(url: string): (name: string, client: string) => readonly string[] {
  const known = new Map<string, { readonly addresses: readonly string[]; readonly at: number }>();
  const lookup = async (name: string, client: string): Promise<void> => {
    const response = await fetch(`${url}/dns?name=${name}`, { headers: { 'x-forwarded-for': client }, signal: AbortSignal.timeout(ANSWER_MS) });
    const { addresses = [], port } = (await response.json()) as { addresses?: string[]; port?: number };
    known.set(`${name} ${client}`, { addresses: addresses.map((address) => `http://${address}:${port}/`), at: Date.now() });
  };
  return (name, client) => {
    const key = `${name} ${client}`;
    const { addresses = [], at = 0 } = known.get(key) ?? {};
    if (Date.now() - at > LOOKUP_EVERY_MS) {
      known.set(key, { addresses, at: Date.now() });
      void lookup(name, client).catch(() => undefined);
    }
    return addresses;
  };
}

/** Nothing is sent; clients ask for names all the same. */
export function inMemory(url: string): Carrier {
  const addressesOf = openNames(url);
  return ({ name }, count, done) => {
    if (name !== undefined) for (const client of CLIENTS) addressesOf(name, client);
    for (let number = 0; number < count; number += 1) done(true);
  };
}

/** Real requests, to the addresses that names lead to. */
export function overHttp(url: string): Carrier {
  const addressesOf = openNames(url);
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_UNDER_WAY, timeout: 30_000 });
  let [underWay, turn] = [0, 0];
  const ask = (addresses: readonly string[], first: number, triesLeft: number, done: (isGood: boolean) => void): void => {
    let isOver = false;
    const end = (isGood: boolean, mayRetry: boolean): void => {
      if (isOver) return;
      isOver = true;
      if (mayRetry && triesLeft > 0 && addresses.length > 0) return ask(addresses, first + 1, triesLeft - 1, done);
      underWay -= 1;
      done(isGood);
    };
    const address = addresses[first % Math.max(1, addresses.length)];
    if (address === undefined) return end(false, false);
    const request = get(address, { agent, timeout: ANSWER_MS }, (response) => {
      response.once('end', () => end((response.statusCode ?? 500) < 500, false));
      response.once('error', () => end(false, true));
      response.resume();
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => end(false, true));
  };
  return ({ name }, count, done) => {
    if (name === undefined) return;
    for (let number = 0; number < count; number += 1) {
      turn += 1;
      const client = CLIENTS[turn % CLIENTS.length]!;
      const addresses = addressesOf(name, client);
      if (underWay >= MOST_UNDER_WAY) {
        done(false);
        continue;
      }
      underWay += 1;
      ask(addresses, Math.floor(turn / CLIENTS.length), 2, done);
    }
  };
}

/** How often engines in memory are asked, kept up to date until the signal: what a service is asked for, shared by the replicas that it has. */
export async function tellEngines(api: Api, services: readonly DemoService[], behaviours: Map<string, FakeBehaviour>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { items } = await api.get<{ items: ServiceView[] }>('/services').catch(() => ({ items: [] }));
    for (const service of services) {
      const { image } = service.draft.run ?? {};
      const running = items.find(({ name }) => name === service.draft.service)?.workloads.find(({ environment }) => environment === ENVIRONMENT)?.running ?? 0;
      if (image !== undefined && running > 0) behaviours.set(image, { requestsPerSecond: demandOf(service, Date.now()) / running, cpuMsPerRequest: service.draft.profile.cpuMsPerRequest });
    }
    await delay(PUSH_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
