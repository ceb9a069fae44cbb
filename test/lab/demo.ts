/**
 * `npm start`: the product with a demo data centre on this machine, until Ctrl-C. Real hosts in a lab where that is possible, else a
 * simulated fleet. Prints the address, the logins and what to try. Keeps its data in `.firn/demo`; everything else ends with it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FakeBehaviour } from '#agents/docker/fake-behaviour.ts';
import { readConfig } from '#server/config.ts';
import { DomainError } from '#server/errors.ts';
import { ServerStartError } from '#server/start-error.ts';
import type { Context } from '#server/context.ts';
import type { Releases } from '#server/http/contract/index.ts';
import type { Api } from './api.ts';
import { SimulatedCloud } from './demo-cloud.ts';
import { DAY_MINUTES } from './demo-day.ts';
import { type Delivery, startDelivery } from './demo-delivery.ts';
import { type DemoCloud, ensureService, setUpMarket } from './demo-market.ts';
import { type DemoService, ENVIRONMENT, REAL, SIMULATED, TEAM } from './demo-services.ts';
import { type Carrier, gatewayToken, inMemory, overHttp, runTraffic, tellEngines } from './demo-traffic.ts';
import { demoImage } from './images.ts';
import { LabProvisioner } from './provisioner.ts';
import { type SimulatedSite, startSimulatedSite } from './simulated-site.ts';
import { type Logins, Site } from './site.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a visitor builds and releases. */
const RELEASED = 'quote';
/** Engines' sockets are below it, and a socket's path may have 107 characters only. */
const LAB_DIRECTORY = '/var/tmp/firn-demo';
/** First two octets of the demo's data centre; the two /16 after it are its cloud. */
const DEMO_BASE = '10.231';

interface Demo extends AsyncDisposable {
  readonly url: string;
  readonly api: Api;
  readonly logins: Logins;
  readonly context: Context;
  readonly dataDirectory: string;
  readonly fleet: string;
  readonly services: readonly DemoService[];
  readonly cloud: DemoCloud;
  readonly carry: Carrier;
  /** What goes on beside the traffic until the signal. */
  readonly beside?: (signal: AbortSignal) => Promise<void>;
  /** Begins with what is needed to build and release something; only where containers are real. */
  readonly deliver?: (signal: AbortSignal) => Promise<Delivery>;
}

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    await using demo = await (process.env['FIRN_FLEET'] === 'simulated' ? startSimulated() : startLab());
    // Demand is there before anything else: a server that hears of none for a while is alarmed.
    const demand = Promise.all([traffic(demo, stop.signal), demo.beside?.(stop.signal)]);
    if (!stop.signal.aborted) await ensureServices(demo);
    if (!stop.signal.aborted) {
      const delivery = await demo.deliver?.(stop.signal);
      greet(demo, delivery);
      await Promise.all([untilAborted(stop.signal), demand, market(demo, stop.signal), tellDelivery(demo, delivery, stop.signal)]);
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

/** Real hosts of the demo; a bought VM is smaller, so that one is not enough for everything. */
const BOUGHT = { cpuMilli: 4_000, memoryMib: 8_192 };

async function startLab(): Promise<Demo> {
  const begun = performance.now();
  const base = process.env['FIRN_DEMO_BASE'] ?? DEMO_BASE;
  // What was stored speaks of addresses: other ranges are another demo.
  const dataDirectory = `${ROOT}.firn/demo${base === DEMO_BASE ? '' : `-${base}`}`;
  await using started = new AsyncDisposableStack();
  const provisioner = started.use(await LabProvisioner.start(await shortFolder(started)));
  const site = started.use(await Site.up({
    name: 'demo',
    base,
    physical: 2,
    cloud: 1,
    images: [await demoImage()],
    dataDirectory,
    labDirectory: LAB_DIRECTORY,
    builders: ['phy1'],
    server: { ...listening(), ...TRUSTED, provisioners: provisioner.file, fleetNote: `${MADE_UP} requests to the replicas are real.`, fleetNoteZh: `${MADE_UP_ZH}发给副本的请求是真实的。` },
  }));
  provisioner.site = site;
  const fleet = `three real hosts on this machine, ready in ${((performance.now() - begun) / 1000).toFixed(1)} s: ${site.lab.hosts.map((host) => `${host.name} ${host.address} (${host.mode})`).join(', ')}`;
  const [{ draft }] = REAL as [DemoService];
  const deliver = (signal: AbortSignal): Promise<Delivery> => startDelivery(site, dataDirectory, { team: TEAM, service: draft.service, cpuMsPerRequest: draft.profile.cpuMsPerRequest }, signal);
  const cloud = { rangeSupernet: site.lab.topology.ranges.cloudContainers, capacity: BOUGHT, buysAtFirst: 0 };
  const resources = started.move();
  return { url: site.server.url, api: site.api, context: site.server.context, dataDirectory, logins: site.logins, fleet, services: REAL, cloud, carry: overHttp(site.server.url), deliver, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function startSimulated(): Promise<Demo> {
  const why = process.env['FIRN_FLEET_REASON'] ?? 'it was asked for';
  const dataDirectory = `${ROOT}.firn/simulated`;
  const behaviours = new Map<string, FakeBehaviour>();
  await using started = new AsyncDisposableStack();
  const clouds = started.use(await SimulatedCloud.start(await shortFolder(started), behaviours));
  const site: SimulatedSite = await startSimulatedSite({ dataDirectory, note: `${why}. ${MADE_UP} nobody really asks.`, behaviours, server: { ...listening(), ...TRUSTED, provisioners: clouds.file, fleetNoteZh: `主机在内存中模拟，没有真正的容器。${MADE_UP_ZH}并没有人真的发出请求。` } });
  started.defer(() => site.stop());
  clouds.agentUrl = site.server.agentUrl;
  const fleet = `${site.hosts} SIMULATED hosts, because ${why}; nothing really runs`;
  const cloud = { rangeSupernet: '10.4.0.0/16', capacity: { cpuMilli: 16_000, memoryMib: 32_768 }, buysAtFirst: 1 };
  const resources = started.move();
  return {
    url: site.server.url, api: site.api, context: site.server.context, dataDirectory, logins: site.logins, fleet, services: SIMULATED, cloud,
    carry: inMemory(site.server.url),
    beside: (signal) => tellEngines(site.api, SIMULATED, behaviours, signal),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** For a socket, whose path may have 107 characters only. */
async function shortFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-demo-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Said on every page. */
const MADE_UP = `The demand of this demo is made up: a market day of ${DAY_MINUTES} minutes that opens at minutes 6 and 36 of the hour;`;

const MADE_UP_ZH = `演示环境的需求是编造的：一个交易日只有 ${DAY_MINUTES} 分钟，在每小时的第 6 分和第 36 分开盘；`;

/** The demo's clients say by a header where they are. */
const TRUSTED = { dnsProxies: ['127.0.0.0/8', '::1/128'] };

/** Where the server listens, as it reads that itself: FIRN_LISTEN and, without a lab, FIRN_AGENT_LISTEN move what is taken. What it warns of is in the console. */
function listening() {
  const { listen, agentListen } = readConfig();
  return { listen, agentListen, logLevel: 'error' as const };
}

/** The demo team's services, asked for as any team would, once in the life of the data folder. */
async function ensureServices({ api, services }: Demo): Promise<void> {
  const quota = services === SIMULATED ? { cpuMilli: 160_000, memoryMib: 327_680 } : { cpuMilli: 20_000, memoryMib: 40_960 };
  const { items } = await api.get<{ items: unknown[] }>('/services');
  if (items.length === 0) await api.put(`/quotas/${TEAM}/${ENVIRONMENT}`, { ...quota, reason: 'the demo has a whole site' });
  for (const service of services) await ensureService(api, service);
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
            Market: a made-up market day of ${DAY_MINUTES} minutes (it opens at minutes 6 and 36 of the hour) and what follows it
            as sre: turn a weight under Policy, lose a rack under Simulate, free hosts under Defragment
            npm run -s firn -- login --name dev
            the API and its documentation: ${demo.url}/docs
${delivery === undefined ? '' : releaseHints(delivery)}
Ctrl-C stops everything that was started here.
`);
}

/** What can be built and released; the tags of the repository are versions that end differently. */
const releaseHints = ({ repositoryUrl, folder }: Delivery): string => `
release     as dev: version 2 of ${RELEASED} is being built from git; what to click is said here once it is
            source  ${repositoryUrl}   tags v2, costly (held by the cost gate), crashing (rolled back by itself)
            yours   commit in ${folder}, then Services > ${RELEASED} > Builds > Build
`;

/** Says when the second version can be released, or why it cannot be built. Ends with the demo at the latest. */
async function tellDelivery(demo: Demo, delivery: Delivery | undefined, signal: AbortSignal): Promise<void> {
  if (delivery === undefined) return;
  try {
    const build = await delivery.built;
    const { items } = await demo.api.get<Releases>(`/services/${RELEASED}/releases?environment=${ENVIRONMENT}`);
    if (items.some(({ buildId }) => buildId !== null)) return;
    process.stdout.write(`version 2 of ${RELEASED} is built (${build.commit?.id.slice(0, 10)}). Release it with one click, as dev:
            ${demo.url}/services/${RELEASED}/release?environment=${ENVIRONMENT}&from=build&build=${build.id}
            or  npm run -s firn -- release make ${RELEASED} -e ${ENVIRONMENT} --build latest
                npm run -s firn -- rollout start ${RELEASED} -e ${ENVIRONMENT}      (a canary and gates take some minutes; --at-once: seconds)
`);
  } catch (error) {
    if (!signal.aborted) process.stderr.write(`version 2 of ${RELEASED} could not be built: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** The demo's demand, as the gateway in front of it sees it. Ends with the demo. */
async function traffic({ url, api, dataDirectory, services, carry }: Demo, signal: AbortSignal): Promise<void> {
  await runTraffic({ url, token: await gatewayToken(api, join(dataDirectory, 'gateway-token')), services, carry, signal });
}

/** Behind a console that answers already. */
async function market({ api, context, services, cloud }: Demo, signal: AbortSignal): Promise<void> {
  try {
    await setUpMarket(api, context, services, cloud, signal);
  } catch (error) {
    if (!signal.aborted) process.stderr.write(`the demo's market could not be set up: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

process.exitCode = await main();
