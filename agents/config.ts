// Settings of the agent: from flags, then the environment, then a JSON file, then defaults. The only reader of the environment here.
// Takes argument arrays and gives a checked AgentConfig; a bad value gets a message that names field, value and what is allowed.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import type { LogLevel } from './log.ts';
import { type ForwardTarget, readTarget } from './logs/forward.ts';

export interface AgentConfig {
  /** Where the server's agent port is: `ws://`, `wss://`, `http://` or `https://`, host and port. */
  readonly serverUrl: string;
  /** Credential and last assignment; only root may read it. */
  readonly stateDir: string;
  /** Below it each container's /persist, by address. */
  readonly persistDir: string;
  /** Path of Docker's socket. */
  readonly dockerSocket: string;
  /** Where the engine looks for certificates of registries. Absent: /etc/docker/certs.d. */
  readonly registryCertsDir?: string;
  /** Control group that containers are put under, where several hosts share a machine. */
  readonly cgroupParent?: string;
  /** The host's name in the cluster. */
  readonly name: string;
  /** The address by which other hosts reach this one. */
  readonly address: string;
  /** The interface that has this address. */
  readonly uplink: string;
  /** Capacity to state instead of what is detected. */
  readonly declared?: { readonly cpuMilli: number; readonly memoryMib: number };
  /** routed: the range that the VPC routes to this host. */
  readonly containerCidr?: string;
  /** Present where this host takes builds. */
  readonly builds?: { readonly gitProtocols: readonly string[] };
  /** How long the server may be away after a change of the host's network before it is taken back; 0: never. Absent: 20. */
  readonly networkConfirmSeconds?: number;
  /** join: fingerprint of the server's authority, from the join command. */
  readonly caSha256?: string;
  /** join: believe the authority that the server shows first, without a fingerprint. */
  readonly insecureFirstJoin?: boolean;
  /** join: this host has joined before and gets a new identity. */
  readonly again?: boolean;
  readonly log: LogLevel;
  /** Where what containers write is passed on to; absent: nowhere. */
  readonly logForward?: ForwardTarget;
  /** How much output is kept of containers that are gone, where it is not the usual. */
  readonly keepLogs?: { readonly keepMs?: number; readonly hostBytes?: number };
}

/** Of this process: for programs that it starts or becomes. */
export const ENVIRONMENT: Readonly<Record<string, string | undefined>> = process.env;

/** Bad settings: the message is meant for the person at the terminal. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const Settings = z.strictObject({
  serverUrl: z.url({ protocol: /^(wss?|https?)$/, error: 'give ws://HOST:PORT or wss://HOST:PORT' }),
  stateDir: z.string().startsWith('/', { error: 'give an absolute path' }),
  persistDir: z.string().startsWith('/', { error: 'give an absolute path' }),
  dockerSocket: z.string().startsWith('/', { error: 'give the absolute path of a unix socket' }),
  registryCertsDir: z.string().startsWith('/', { error: 'give an absolute path' }).optional(),
  cgroupParent: z.string().startsWith('/', { error: 'give a control group such as /firn' }).optional(),
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error: 'use 1-63 of a-z, 0-9 and -, neither first nor last a -' }),
  address: z.ipv4({ error: "give the host's IPv4 address, such as 10.0.0.11" }),
  uplink: z.string().regex(/^[a-zA-Z][a-zA-Z0-9.@-]{0,14}$/, { error: 'give the name of an interface, such as eth0' }),
  cpuMilli: z.coerce.number().int().min(100, { error: 'give millicores, at least 100' }).optional(),
  memoryMib: z.coerce.number().int().min(64, { error: 'give MiB, at least 64' }).optional(),
  containerCidr: z.cidrv4({ error: 'give a range such as 10.233.1.0/24' }).optional(),
  builds: z.enum(['0', '1'], { error: 'use 1 where this host takes builds, else 0' }).optional(),
  gitProtocols: z.string().regex(/^(https|ssh|http|git|file)(,(https|ssh|http|git|file))*$/, { error: 'give some of https,ssh,http,git,file' }).optional(),
  networkConfirmSeconds: z.coerce.number().int().min(0).max(600, { error: 'give seconds, 0 to 600' }).optional(),
  logForward: z.string().refine((text) => readTarget(text) !== undefined, { error: 'give tcp://HOST:PORT, udp://HOST:PORT or file:/PATH' }).optional(),
  logKeepDays: z.coerce.number().int().min(0).max(365, { error: 'give days, 0 to 365' }).optional(),
  logKeepMib: z.coerce.number().int().min(1).max(1_048_576, { error: 'give MiB, 1 to 1048576' }).optional(),
  caSha256: z.string().regex(/^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}$/, { error: 'give the 64 hexadecimal digits of the join command' }).transform((text) => text.replaceAll(':', '').toLowerCase()).optional(),
  insecureFirstJoin: z.enum(['0', '1'], { error: 'use 1 to believe any server at the first join, else 0' }).optional(),
  again: z.enum(['0', '1'], { error: 'use 1 where this host has joined before, else 0' }).optional(),
  log: z.enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'use debug, info, warn, error or silent' }),
});
type Field = keyof z.infer<typeof Settings>;

/** Field, flag, and variable of the environment. */
const NAMES: Readonly<Record<Field, { flag: string; variable: string }>> = {
  serverUrl: { flag: 'server', variable: 'FIRN_AGENT_SERVER' },
  stateDir: { flag: 'state-dir', variable: 'FIRN_AGENT_STATE_DIR' },
  persistDir: { flag: 'persist-dir', variable: 'FIRN_AGENT_PERSIST_DIR' },
  dockerSocket: { flag: 'docker-socket', variable: 'FIRN_AGENT_DOCKER_SOCKET' },
  registryCertsDir: { flag: 'registry-certs-dir', variable: 'FIRN_AGENT_REGISTRY_CERTS_DIR' },
  cgroupParent: { flag: 'cgroup-parent', variable: 'FIRN_AGENT_CGROUP_PARENT' },
  name: { flag: 'name', variable: 'FIRN_AGENT_NAME' },
  address: { flag: 'address', variable: 'FIRN_AGENT_ADDRESS' },
  uplink: { flag: 'uplink', variable: 'FIRN_AGENT_UPLINK' },
  cpuMilli: { flag: 'cpu-milli', variable: 'FIRN_AGENT_CPU_MILLI' },
  memoryMib: { flag: 'memory-mib', variable: 'FIRN_AGENT_MEMORY_MIB' },
  containerCidr: { flag: 'container-cidr', variable: 'FIRN_AGENT_CONTAINER_CIDR' },
  builds: { flag: 'builds', variable: 'FIRN_AGENT_BUILDS' },
  gitProtocols: { flag: 'git-protocols', variable: 'FIRN_AGENT_GIT_PROTOCOLS' },
  networkConfirmSeconds: { flag: 'network-confirm-seconds', variable: 'FIRN_AGENT_NETWORK_CONFIRM_SECONDS' },
  logForward: { flag: 'log-forward', variable: 'FIRN_AGENT_LOG_FORWARD' },
  logKeepDays: { flag: 'log-keep-days', variable: 'FIRN_AGENT_LOG_KEEP_DAYS' },
  logKeepMib: { flag: 'log-keep-mib', variable: 'FIRN_AGENT_LOG_KEEP_MIB' },
  caSha256: { flag: 'ca-sha256', variable: 'FIRN_AGENT_CA_SHA256' },
  insecureFirstJoin: { flag: 'insecure-first-join', variable: 'FIRN_AGENT_INSECURE_FIRST_JOIN' },
  again: { flag: 'again', variable: 'FIRN_AGENT_JOIN_AGAIN' },
  log: { flag: 'log', variable: 'FIRN_AGENT_LOG' },
};

/** Flags that stand alone. */
const SWITCHES: ReadonlySet<string> = new Set(['insecure-first-join', 'again']);

const DEFAULTS: Partial<Record<Field, string>> = {
  stateDir: '/var/lib/firn-agent',
  persistDir: '/var/lib/firn-persist',
  dockerSocket: '/var/run/docker.sock',
  uplink: 'eth0',
  log: 'info',
};

const VERBS = ['run', 'join', 'prepare', 'doctor', 'install', 'version'] as const;
export type AgentVerb = (typeof VERBS)[number];

export interface AgentCommand {
  readonly verb: AgentVerb;
  readonly config: AgentConfig;
  /** join: the one-time token. From FIRN_JOIN_TOKEN or a file, because a process's arguments are visible to everybody on the host. */
  readonly token?: string;
  /** How the answer is written: for people, or as JSON for scripts. */
  readonly output: 'text' | 'json';
}

/** Reads `run|join|prepare|doctor|install|version [--flags]`. Throws ConfigError. */
export function readCommand(argv: readonly string[], env: Readonly<Record<string, string | undefined>> = process.env): AgentCommand {
  const flags: NonNullable<ParseArgsConfig['options']> = Object.fromEntries([...Object.values(NAMES).map(({ flag }) => flag), 'config', 'token-file'].map((flag) => [flag, { type: SWITCHES.has(flag) ? ('boolean' as const) : ('string' as const) }]));
  flags['output'] = { type: 'string', short: 'o' };
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: true });
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const [verb = '', ...rest] = parsed.positionals;
  if (!isVerb(verb) || rest.length > 0) throw new ConfigError(`"${parsed.positionals.join(' ')}" is not allowed; use ${VERBS.join(', ')}`);
  const configFile = textOf(parsed.values['config']) ?? env['FIRN_AGENT_CONFIG'];
  const file = configFile === undefined ? {} : readJson(configFile);
  const given: Record<string, unknown> = { ...DEFAULTS, name: hostname().split('.')[0]?.toLowerCase(), ...file };
  for (const [field, { flag, variable }] of Object.entries(NAMES)) {
    const value = textOf(parsed.values[flag]) ?? env[variable];
    if (value !== undefined && value !== '') given[field] = value;
  }
  const tokenFile = textOf(parsed.values['token-file']);
  const token = tokenFile === undefined ? env['FIRN_JOIN_TOKEN'] : readText(tokenFile).trim();
  const output = textOf(parsed.values['output']) ?? 'text';
  if (output !== 'text' && output !== 'json') throw new ConfigError(`output: "${output}" is not allowed; use text or json (-o)`);
  return { verb, config: checkConfig(given), output, ...(token === undefined ? {} : { token }) };
}

/** Checks settings by field name. Throws ConfigError with one line a field. */
export function checkConfig(given: Record<string, unknown>): AgentConfig {
  const checked = Settings.safeParse(given);
  if (!checked.success) {
    const lines = checked.error.issues.map((issue) => {
      const field = String(issue.path[0] ?? (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'settings'));
      const names = NAMES[field as Field];
      const value = given[field];
      const what = value === undefined ? 'is missing' : `${JSON.stringify(value)} is not allowed`;
      return `${field}: ${what}; ${issue.code === 'unrecognized_keys' ? 'no such setting' : issue.message}${names ? ` (--${names.flag} or ${names.variable})` : ''}`;
    });
    throw new ConfigError(lines.join('\n'));
  }
  const { cpuMilli, memoryMib, registryCertsDir, cgroupParent, containerCidr, caSha256, insecureFirstJoin, again, networkConfirmSeconds, builds, gitProtocols = 'https,ssh', logForward, logKeepDays, logKeepMib, ...rest } = checked.data;
  if ((cpuMilli === undefined) !== (memoryMib === undefined)) throw new ConfigError('cpuMilli and memoryMib: state both or neither (--cpu-milli, --memory-mib)');
  return {
    ...rest,
    ...(registryCertsDir === undefined ? {} : { registryCertsDir }),
    ...(cgroupParent === undefined ? {} : { cgroupParent }),
    ...(caSha256 === undefined ? {} : { caSha256 }),
    ...(insecureFirstJoin === '1' ? { insecureFirstJoin: true } : {}),
    ...(again === '1' ? { again: true } : {}),
    ...(containerCidr === undefined ? {} : { containerCidr }),
    ...(networkConfirmSeconds === undefined ? {} : { networkConfirmSeconds }),
    ...(logForward === undefined ? {} : { logForward: readTarget(logForward)! }),
    ...(logKeepDays === undefined && logKeepMib === undefined
      ? {}
      : { keepLogs: { ...(logKeepDays === undefined ? {} : { keepMs: logKeepDays * 86_400_000 }), ...(logKeepMib === undefined ? {} : { hostBytes: logKeepMib * 1024 * 1024 }) } }),
    ...(builds === '1' ? { builds: { gitProtocols: gitProtocols.split(',') } } : {}),
    ...(cpuMilli === undefined || memoryMib === undefined ? {} : { declared: { cpuMilli, memoryMib } }),
  };
}

const isVerb = (text: string): text is AgentVerb => (VERBS as readonly string[]).includes(text);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : value === true ? '1' : undefined);

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function readJson(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readText(file));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
  }
  throw new ConfigError(`${file}: is not a JSON object of settings`);
}
