// Environment and flags -> one checked Config. The only place of the server that reads the environment.
// A value that cannot be names its variable, what it says and what is allowed; nothing starts with a bad one.
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { InvalidError } from './errors.ts';

export interface Listen {
  readonly host: string;
  /** 0: any free port (tests). */
  readonly port: number;
}

export interface Config {
  /** Folder of the database and its lock; made when it is not there. */
  readonly dataDir: string;
  /** Console and API. */
  readonly listen: Listen;
  /** Agents: a listener of its own, so that it can be kept on an internal network. */
  readonly agentListen: Listen;
  /** How hosts reach the agents' listener, where that is not what it listens on: goes into the join command. */
  readonly agentUrl: string | null;
  /** Whether agents speak TLS. `on`: plain only on loopback and for hosts that have no certificate yet; `required`: never; `off`: plain only. */
  readonly agentTls: 'on' | 'required' | 'off';
  /** Names and addresses by which agents call this server, beside those that it listens on. */
  readonly agentNames: readonly string[];
  /** How long a host's certificate holds; it is renewed after two thirds. */
  readonly hostCertificateDays: number;
  /** The registry's door, which hosts must reach; null: no registry. */
  readonly registryListen: Listen | null;
  /** `address:port` by which hosts reach the door, where that is not what it listens on. It is part of every image's name: keep it. */
  readonly registryAddress: string | null;
  /** `on`: TLS, plain only on loopback; `off`: plain for everybody, where something in front speaks TLS or nobody listens in. */
  readonly registryTls: 'on' | 'off';
  /** Another registry behind the door instead of the embedded one; what nobody needs is deleted there, its disk is its own business. */
  readonly registryUrl: string | null;
  /** File with USER:PASSWORD of that other registry. */
  readonly registryLoginFile: string | null;
  /** Releases of a workload whose images stay for going back. */
  readonly keepReleases: number;
  /** How long the newest build of a service stays that was not released. */
  readonly keepDays: number;
  /** The embedded registry is cleaned by itself when its disk is fuller than this. */
  readonly registryWatermarkPermille: number;
  /** What one build may take on its host. */
  readonly buildLimits: { readonly cpuMilli: number; readonly memoryMib: number; readonly seconds: number; readonly diskMib: number; readonly logBytes: number };
  /** Builds that run on one builder host at once. */
  readonly buildsPerHost: number;
  /** Files of market calendars that operators add, one a market and year; null: `calendars` in the data folder. */
  readonly calendarsDir: string | null;
  /** How people reach the console, where that is not what it listens on: links in webhooks. */
  readonly publicUrl: string | null;
  /** Keys of secrets; null: `secrets.key` in the data folder. No copy of the database holds it. */
  readonly secretsKeyFile: string | null;
  /** Names and ranges of this machine and of private networks that webhooks may reach; anything else there is refused. */
  readonly webhookAllow: readonly string[];
  /** The same for Prometheus servers that arrivals are read from. */
  readonly prometheusAllow: readonly string[];
  /** Whether `/metrics` answers without a token. */
  readonly metricsOpen: boolean;
  /** Folder of hooks that make cloud VMs, or a file that names their commands; null: there are none. */
  readonly provisioners: string | null;
  /** DNS responder, UDP and TCP; null: none. Needs a zone. */
  readonly dnsListen: Listen | null;
  /** A listener of its own for `GET /dns`, beside that of the console; null: none. */
  readonly dnsHttpListen: Listen | null;
  /** Zone that the DNS responder answers for, without the last dot. */
  readonly dnsZone: string | null;
  /** Answers a second to one client network, of each responder. */
  readonly dnsLimit: number;
  /** Ranges of proxies whose X-Forwarded-For says who asks for a name. */
  readonly dnsProxies: readonly string[];
  /** What kind of fleet this is; the console says so when it is simulated, and why. */
  readonly fleet: 'real' | 'lab' | 'simulated';
  readonly fleetNote: string | null;
  /** The same in Chinese. */
  readonly fleetNoteZh: string | null;
  /** ISO 4217 code of every amount of money. */
  readonly currency: string;
  readonly heartbeatMs: number;
  /** How often an agent sends a whole report when nothing changes. */
  readonly reportMs: number;
  /** Silence after which a host is lost; it is suspect after half of it. */
  readonly leaseMs: number;
  /** How long a successor may take until it serves; then it is given up, and the replica that it was to replace stays. */
  readonly startDeadlineMs: number;
  /** How long an address rests after its container is gone before another replica may have it. */
  readonly quarantineMs: number;
  /** How long agents list what nobody assigned before they remove it. */
  readonly orphanGraceSeconds: number;
  /** A host whose disk of images or of /persist is fuller takes no new replicas; beyond the first figure it is said. */
  readonly diskWarnPermille: number;
  readonly diskFullPermille: number;
  /** Sessions' cookies carry `Secure`: set when a TLS-terminating proxy is in front. */
  readonly https: boolean;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Built console; null: the server answers the API only. */
  readonly consoleDir: string | null;
  readonly migrationsDir: string;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What is used where nothing else is said. Tests start from here with a folder and ports of their own. */
export const DEFAULTS: Config = {
  dataDir: '.firn/data',
  listen: { host: '127.0.0.1', port: 7070 },
  agentListen: { host: '127.0.0.1', port: 7071 },
  agentUrl: null,
  agentTls: 'on',
  agentNames: [],
  hostCertificateDays: 30,
  registryListen: null,
  registryAddress: null,
  registryTls: 'on',
  registryUrl: null,
  registryLoginFile: null,
  keepReleases: 5,
  keepDays: 14,
  registryWatermarkPermille: 800,
  buildLimits: { cpuMilli: 2_000, memoryMib: 2_048, seconds: 1_800, diskMib: 4_096, logBytes: 4 * 1024 * 1024 },
  buildsPerHost: 1,
  calendarsDir: null,
  publicUrl: null,
  secretsKeyFile: null,
  webhookAllow: [],
  prometheusAllow: [],
  metricsOpen: false,
  provisioners: null,
  dnsListen: null,
  dnsHttpListen: null,
  dnsZone: null,
  dnsLimit: 1_000,
  dnsProxies: [],
  fleet: 'real',
  fleetNote: null,
  fleetNoteZh: null,
  currency: 'CNY',
  heartbeatMs: 1_000,
  reportMs: 2_000,
  leaseMs: 5_000,
  startDeadlineMs: 180_000,
  quarantineMs: 60_000,
  orphanGraceSeconds: 600,
  diskWarnPermille: 850,
  diskFullPermille: 950,
  https: false,
  logLevel: 'info',
  consoleDir: here('../dist/console'),
  migrationsDir: here('../migrations/sqlite'),
};

const listen = z.string().transform((text, context): Listen => {
  const match = /^(?:(\[[0-9a-fA-F:]+\]|[^:\s]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'must be HOST:PORT or PORT, with a port from 0 to 65535' });
    return z.NEVER;
  }
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port };
});
const milliseconds = (least: number, most: number) =>
  z.string().regex(/^\d{1,9}$/, 'must be a whole number of milliseconds').transform(Number).refine((value) => value >= least && value <= most, `must be from ${least} to ${most} milliseconds`);
const whole = (least: number, most: number, unit: string) =>
  z.string().regex(/^\d{1,9}$/, `must be a whole number of ${unit}`).transform(Number).refine((value) => value >= least && value <= most, `must be from ${least} to ${most} ${unit}`);
const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, `must be one of ${values.join(', ')}`);
/** Names, addresses and ranges with commas between. */
const reachable = z.string().transform((text) => text.split(',').map((each) => each.trim()).filter((each) => each !== '')).refine((list) => list.every((each) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^[0-9a-f:.]+(\/\d{1,3})?$/i.test(each)), 'must be names, addresses or ranges with commas between, such as ci.example.org,10.0.0.0/8');

/** Every setting: its environment variable, its flag without dashes, how it is read. */
const SETTINGS = {
  dataDir: { variable: 'FIRN_DATA', schema: z.string().min(1, 'must name a folder') },
  listen: { variable: 'FIRN_LISTEN', schema: listen },
  agentListen: { variable: 'FIRN_AGENT_LISTEN', schema: listen },
  agentUrl: { variable: 'FIRN_AGENT_URL', schema: z.url({ protocol: /^(https?|wss?)$/, error: 'must be a URL that hosts can reach, such as http://10.0.0.5:7071' }) },
  agentTls: { variable: 'FIRN_AGENT_TLS', schema: oneOf(['on', 'required', 'off']) },
  agentNames: { variable: 'FIRN_AGENT_NAMES', schema: z.string().transform((text) => text.split(',').map((each) => each.trim()).filter((each) => each !== '')).refine((list) => list.every((each) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^[0-9a-f:.]+$/i.test(each)), 'must be names and addresses with commas between, such as firn.example.org,10.0.0.5') },
  hostCertificateDays: { variable: 'FIRN_HOST_CERTIFICATE_DAYS', schema: whole(1, 365, 'days') },
  calendarsDir: { variable: 'FIRN_CALENDARS', schema: z.string().min(1, 'must name a folder') },
  publicUrl: { variable: 'FIRN_PUBLIC_URL', schema: z.url({ protocol: /^https?$/, error: 'must be a URL that people can reach, such as https://firn.example.org' }).transform((url) => url.replace(/\/+$/, '')) },
  secretsKeyFile: { variable: 'FIRN_SECRETS_KEY_FILE', schema: z.string().min(1, 'must name a file') },
  webhookAllow: { variable: 'FIRN_WEBHOOK_ALLOW', schema: reachable },
  prometheusAllow: { variable: 'FIRN_PROMETHEUS_ALLOW', schema: reachable },
  metricsOpen: { variable: 'FIRN_METRICS_OPEN', schema: oneOf(['0', '1']).transform((value) => value === '1') },
  provisioners: { variable: 'FIRN_PROVISIONERS', schema: z.string().startsWith('/', 'must be the absolute path of a folder or a file') },
  registryListen: { variable: 'FIRN_REGISTRY_LISTEN', schema: listen },
  registryAddress: { variable: 'FIRN_REGISTRY_ADDRESS', schema: z.string().regex(/^(\[[0-9a-fA-F:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?):\d{1,5}$/, 'must be ADDRESS:PORT, such as 10.0.0.5:7072') },
  registryTls: { variable: 'FIRN_REGISTRY_TLS', schema: z.enum(['on', 'off'], 'must be `on` or `off`') },
  registryUrl: { variable: 'FIRN_REGISTRY_URL', schema: z.url({ protocol: /^https?$/, error: 'must be a URL such as https://registry.internal' }) },
  registryLoginFile: { variable: 'FIRN_REGISTRY_LOGIN_FILE', schema: z.string().min(1) },
  keepReleases: { variable: 'FIRN_KEEP_RELEASES', schema: whole(1, 100, 'releases') },
  keepDays: { variable: 'FIRN_KEEP_DAYS', schema: whole(0, 3_650, 'days') },
  registryWatermarkPermille: { variable: 'FIRN_REGISTRY_WATERMARK_PERMILLE', schema: whole(10, 1_000, 'thousandths of the disk') },
  buildsPerHost: { variable: 'FIRN_BUILDS_PER_HOST', schema: whole(1, 50, 'builds') },
  dnsListen: { variable: 'FIRN_DNS_LISTEN', schema: listen },
  dnsHttpListen: { variable: 'FIRN_DNS_HTTP_LISTEN', schema: listen },
  dnsZone: { variable: 'FIRN_DNS_ZONE', schema: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, 'must be a lower-case DNS name without the last dot, such as firn.example') },
  dnsLimit: { variable: 'FIRN_DNS_LIMIT', schema: whole(1, 10_000_000, 'answers a second') },
  dnsProxies: { variable: 'FIRN_DNS_PROXIES', schema: z.string().transform((text) => text.split(',').map((each) => each.trim()).filter((each) => each !== '')).pipe(z.array(z.union([z.cidrv4(), z.cidrv6()], 'must be ranges such as 10.0.0.0/24, with commas between them'))) },
  fleet: { variable: 'FIRN_FLEET', schema: oneOf(['real', 'lab', 'simulated']) },
  fleetNote: { variable: 'FIRN_FLEET_NOTE', schema: z.string().max(300) },
  fleetNoteZh: { variable: 'FIRN_FLEET_NOTE_ZH', schema: z.string().max(300) },
  currency: { variable: 'FIRN_CURRENCY', schema: z.string().regex(/^[A-Z]{3}$/, 'must be a currency code of three capital letters, such as CNY') },
  heartbeatMs: { variable: 'FIRN_HEARTBEAT_MS', schema: milliseconds(100, 60_000) },
  reportMs: { variable: 'FIRN_REPORT_MS', schema: milliseconds(100, 60_000) },
  leaseMs: { variable: 'FIRN_LEASE_MS', schema: milliseconds(500, 600_000) },
  startDeadlineMs: { variable: 'FIRN_START_DEADLINE_MS', schema: milliseconds(1_000, 3_600_000) },
  quarantineMs: { variable: 'FIRN_QUARANTINE_MS', schema: milliseconds(0, 86_400_000) },
  orphanGraceSeconds: { variable: 'FIRN_ORPHAN_GRACE_SECONDS', schema: whole(10, 31_536_000, 'seconds') },
  diskWarnPermille: { variable: 'FIRN_DISK_WARN_PERMILLE', schema: whole(1, 1_000, 'thousandths') },
  diskFullPermille: { variable: 'FIRN_DISK_FULL_PERMILLE', schema: whole(1, 1_000, 'thousandths') },
  https: { variable: 'FIRN_HTTPS', schema: oneOf(['0', '1']).transform((value) => value === '1') },
  logLevel: { variable: 'FIRN_LOG', schema: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']) },
  consoleDir: { variable: 'FIRN_CONSOLE_DIR', schema: z.string().min(1) },
} as const;
type Setting = keyof typeof SETTINGS;
/** Read into `buildLimits`. */
const BUILD_LIMITS = {
  cpuMilli: { variable: 'FIRN_BUILD_CPU_MILLI', schema: whole(100, 1_024_000, 'millicores') },
  memoryMib: { variable: 'FIRN_BUILD_MEMORY_MIB', schema: whole(64, 8_388_608, 'MiB') },
  seconds: { variable: 'FIRN_BUILD_SECONDS', schema: whole(1, 86_400, 'seconds') },
  diskMib: { variable: 'FIRN_BUILD_DISK_MIB', schema: whole(16, 8_388_608, 'MiB') },
  logBytes: { variable: 'FIRN_BUILD_LOG_BYTES', schema: whole(1_024, 64 * 1024 * 1024, 'bytes') },
} as const;
/** Flags as the command line gives them: they win over the environment. */
export type Flags = Partial<Record<Setting, string>>;

/**
 * @param environment usually the process's own; an empty value counts as absent
 * @throws InvalidError naming the variable, its value and what is allowed
 */
export function readConfig(flags: Flags = {}, environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const read: Record<string, unknown> = {};
  for (const setting of Object.keys(SETTINGS) as Setting[]) {
    const flag = flags[setting];
    const value = readOne(SETTINGS[setting].schema, flag === undefined ? SETTINGS[setting].variable : `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, flag ?? environment[SETTINGS[setting].variable]);
    if (value !== undefined) read[setting] = value;
  }
  const limits = Object.entries(BUILD_LIMITS).flatMap(([limit, { variable, schema }]) => {
    const value = readOne(schema, variable, environment[variable]);
    return value === undefined ? [] : [[limit, value]];
  });
  const config: Config = { ...DEFAULTS, ...read, buildLimits: { ...DEFAULTS.buildLimits, ...Object.fromEntries(limits) } };
  if (config.leaseMs < 2 * config.heartbeatMs) {
    const message = `must be at least twice the heartbeat of ${config.heartbeatMs} milliseconds`;
    throw new InvalidError('config-invalid', `FIRN_LEASE_MS is ${config.leaseMs}: it ${message}.`, [{ field: 'FIRN_LEASE_MS', value: config.leaseMs, message }]);
  }
  if (config.dnsListen !== null && config.dnsZone === null) {
    const message = 'must be set where FIRN_DNS_LISTEN is: the responder answers for one zone only';
    throw new InvalidError('config-invalid', `FIRN_DNS_ZONE ${message}.`, [{ field: 'FIRN_DNS_ZONE', value: null, message }]);
  }
  const { registryListen, registryAddress } = config;
  if (registryListen !== null && registryAddress === null && /^(0\.0\.0\.0|::)$/.test(registryListen.host)) {
    const message = 'must be set where the registry listens on every address: it is how hosts reach it';
    throw new InvalidError('config-invalid', `FIRN_REGISTRY_ADDRESS ${message}.`, [{ field: 'FIRN_REGISTRY_ADDRESS', value: null, message }]);
  }
  return config;
}

/** @returns undefined for what is absent or empty */
function readOne(schema: z.ZodType, field: string, text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  const result = schema.safeParse(text);
  if (result.success) return result.data;
  const message = result.error.issues[0]?.message ?? 'is not allowed';
  throw new InvalidError('config-invalid', `${field} is ${JSON.stringify(text)}: it ${message}.`, [{ field, value: text, message }]);
}
