/**
 * `npm start`: the product with a demo data centre on this machine, until Ctrl-C. Real hosts in a lab where that is possible, else a
 * simulated fleet. Prints the address, the logins and what to try. Keeps its data in `.firn/demo`; everything else ends with it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readConfig } from '#server/config.ts';
import { DomainError } from '#server/errors.ts';
import { ServerStartError } from '#server/start-error.ts';
import type { DraftInput, Releases, ServiceDetail, ServiceView } from '#server/http/contract/index.ts';
import { drive } from '../load/drive.ts';
import type { Api } from './api.ts';
import { type Delivery, startDelivery } from './demo-delivery.ts';
import { demoImage } from './images.ts';
import { type SimulatedSite, startSimulatedSite } from './simulated-site.ts';
import { type Logins, Site } from './site.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Engines' sockets are below it, and a socket's path may have 107 characters only. */
const LAB_DIRECTORY = '/var/tmp/firn-demo';
/** First two octets of the demo's data centre; the two /16 after it are its cloud. */
const DEMO_BASE = '10.231';
/** A fifth of what the demo service asked for: the charts live and the machine stays quiet. */
const DEMO_QPS = 12;
const DEMO: DraftInput = {
  team: 'quotes',
  service: 'quote',
  environment: 'production',
  peakQps: 60,
  profile: { cpuMsPerRequest: 10, memoryBaseMib: 64, memoryKibPerQps: 64 },
  survive: 'host',
  shape: 'quarter',
  cloud: 'allowed',
  run: { image: 'firn/demo:1', env: { CPU_MS_PER_REQUEST: '10' }, port: 8080, healthPath: '/up' },
  why: 'the demo: market quotes at the open',
};

/** More of a stock community's services, where no container really runs and so none costs this machine anything. */
const MORE: readonly DraftInput[] = [
  { service: 'kline', peakQps: 900, profile: { cpuMsPerRequest: 6, memoryBaseMib: 300, memoryKibPerQps: 512 }, shape: 'half', survive: 'rack' },
  { service: 'order-book', peakQps: 300, profile: { cpuMsPerRequest: 35, memoryBaseMib: 500, memoryKibPerQps: 256 }, shape: 'standard', survive: 'host' },
  { service: 'news-feed', peakQps: 120, profile: { cpuMsPerRequest: 45, memoryBaseMib: 300, memoryKibPerQps: 512 }, shape: 'half', survive: 'host', cloud: 'allowed' },
  { service: 'search', peakQps: 60, profile: { cpuMsPerRequest: 30, memoryBaseMib: 900, memoryKibPerQps: 1024 }, shape: 'standard', survive: 'none' },
].map((draft) => ({ ...draft, team: 'quotes', environment: 'production', run: { image: `firn/${draft.service}:1` }, why: 'the demo: the rest of the site' }) as DraftInput);
const ROOM_FOR_MORE = { cpuMilli: 120_000, memoryMib: 245_760, reason: 'the demo has a whole site' };

interface Demo extends AsyncDisposable {
  readonly url: string;
  readonly api: Api;
  readonly logins: Logins;
  readonly fleet: string;
  /** Begins with what is needed to build and release something; only where containers are real. */
  readonly deliver?: (signal: AbortSignal) => Promise<Delivery>;
}

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    await using demo = await (process.env['FIRN_FLEET'] === 'simulated' ? startSimulated() : startLab());
    if (!stop.signal.aborted) await ensureServices(demo.api, process.env['FIRN_FLEET'] === 'simulated' ? MORE : []);
    if (!stop.signal.aborted) {
      const delivery = await demo.deliver?.(stop.signal);
      greet(demo, delivery);
      await Promise.all([untilAborted(stop.signal), traffic(demo, stop.signal), tellDelivery(demo, delivery, stop.signal)]);
    }
    process.stdout.write('\nstopping: replicas, agents, hosts, server ... ');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const expected = error instanceof ServerStartError || error instanceof DomainError || /^(lab|base|host|phy|cloud)/.test(error.message);
    const advice = error.message.includes('collides') ? `: set FIRN_DEMO_BASE, for example to 10.201` : '';
    process.stderr.write(`Firn cannot start: ${expected ? error.message : (error.stack ?? error.message)}${advice}\n`);
    return 1;
  }
  process.stdout.write('nothing is left but .firn/\n');
  return 0;
}

async function startLab(): Promise<Demo> {
  const begun = performance.now();
  const base = process.env['FIRN_DEMO_BASE'] ?? DEMO_BASE;
  // What was stored speaks of addresses: other ranges are another demo.
  const dataDirectory = `${ROOT}.firn/demo${base === DEMO_BASE ? '' : `-${base}`}`;
  const site = await Site.up({
    name: 'demo',
    base,
    physical: 2,
    cloud: 1,
    images: [await demoImage()],
    dataDirectory,
    labDirectory: LAB_DIRECTORY,
    builders: ['phy1'],
    server: listening(),
  });
  const fleet = `three real hosts on this machine, ready in ${((performance.now() - begun) / 1000).toFixed(1)} s: ${site.lab.hosts.map((host) => `${host.name} ${host.address} (${host.mode})`).join(', ')}`;
  const deliver = (signal: AbortSignal): Promise<Delivery> => startDelivery(site, dataDirectory, { team: DEMO.team, service: DEMO.service, cpuMsPerRequest: DEMO.profile.cpuMsPerRequest }, signal);
  return { url: site.server.url, api: site.api, logins: site.logins, fleet, deliver, [Symbol.asyncDispose]: () => site.down() };
}

async function startSimulated(): Promise<Demo> {
  const why = process.env['FIRN_FLEET_REASON'] ?? 'it was asked for';
  const site: SimulatedSite = await startSimulatedSite({ dataDirectory: `${ROOT}.firn/simulated`, note: why, server: listening() });
  return { url: site.server.url, api: site.api, logins: site.logins, fleet: `${site.hosts} SIMULATED hosts, because ${why}; nothing really runs`, [Symbol.asyncDispose]: () => site.stop() };
}

/** Where the console is, as the server itself reads it: FIRN_LISTEN moves it where 7070 is taken. */
const listening = () => ({ listen: readConfig().listen });

/** The demo team's services, asked for as any team would, once in the life of the data folder. */
async function ensureServices(api: Api, more: readonly DraftInput[]): Promise<void> {
  const { items } = await api.get<{ items: ServiceView[] }>('/services');
  if (items.some((service) => service.name === DEMO.service)) return;
  if (more.length > 0) await api.put('/quotas/quotes/production', ROOM_FOR_MORE);
  for (const draft of [DEMO, ...more]) await api.post('/requests', draft);
}

function greet(demo: Demo, delivery: Delivery | undefined): void {
  const { logins } = demo;
  process.stdout.write(`
Firn runs:  ${demo.url}
fleet:      ${demo.fleet}

log in as   dev    ${logins.dev}    team quotes: asks for capacity
            sre    ${logins.sre}    approves, sets quotas, cordons hosts
            admin  ${logins.admin}

try         Ask for capacity: type a peak QPS and watch the quote; submit it; see it run under Services
            curl the address of a replica:  http://ADDRESS:8080/
            ask for more than the quota as dev, approve it as sre under Requests
            as sre: turn a weight under Policy, lose a rack under Simulate, free hosts under Defragment
            npm run -s firn -- login --name dev
            the API and its documentation: ${demo.url}/docs
${delivery === undefined ? '' : releaseHints(delivery)}
Ctrl-C stops everything that was started here.
`);
}

/** What can be built and released; the tags of the repository are versions that end differently. */
const releaseHints = ({ repositoryUrl, folder }: Delivery): string => `
release     as dev: version 2 of ${DEMO.service} is being built from git; what to click is said here once it is
            source  ${repositoryUrl}   tags v2, costly (held by the cost gate), crashing (rolled back by itself)
            yours   commit in ${folder}, then Services > ${DEMO.service} > Builds > Build
`;

/** Says when the second version can be released, or why it cannot be built. Ends with the demo at the latest. */
async function tellDelivery(demo: Demo, delivery: Delivery | undefined, signal: AbortSignal): Promise<void> {
  if (delivery === undefined) return;
  try {
    const build = await delivery.built;
    const { items } = await demo.api.get<Releases>(`/services/${DEMO.service}/releases?environment=${DEMO.environment}`);
    if (items.some(({ buildId }) => buildId !== null)) return;
    process.stdout.write(`version 2 of ${DEMO.service} is built (${build.commit?.id.slice(0, 10)}). Release it with one click, as dev:
            ${demo.url}/services/${DEMO.service}/release?environment=${DEMO.environment}&from=build&build=${build.id}
            or  npm run -s firn -- release make ${DEMO.service} -e ${DEMO.environment} --build latest
                npm run -s firn -- rollout start ${DEMO.service} -e ${DEMO.environment}      (a canary and gates take some minutes; --at-once: seconds)
`);
  } catch (error) {
    if (!signal.aborted) process.stderr.write(`version 2 of ${DEMO.service} could not be built: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** Some requests for the demo service, so that there is something to see. Ends with the demo. */
async function traffic(demo: Demo, signal: AbortSignal): Promise<void> {
  if (process.env['FIRN_FLEET'] === 'simulated') return;
  let targets: string[] = [];
  const look = async (): Promise<void> => {
    const { replicas } = await demo.api.get<ServiceDetail>('/services/quote');
    targets = replicas.filter((replica) => replica.state === 'running' && replica.address !== null).map((replica) => `http://${replica.address}:8080/`);
  };
  const looking = setInterval(() => void look().catch(() => undefined), 1_000);
  try {
    while (!signal.aborted) {
      if (targets.length === 0) await delay(500, undefined, { signal }).catch(() => undefined);
      else await drive({ targets: () => targets, qps: DEMO_QPS, seconds: 600, signal });
    }
  } finally {
    clearInterval(looking);
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

process.exitCode = await main();
