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
  /** What kind of fleet this is; the console says so when it is simulated, and why. */
  readonly fleet: 'real' | 'lab' | 'simulated';
  readonly fleetNote: string | null;
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
  fleet: 'real',
  fleetNote: null,
  currency: 'CNY',
  heartbeatMs: 1_000,
  reportMs: 2_000,
  leaseMs: 5_000,
  startDeadlineMs: 180_000,
  quarantineMs: 60_000,
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
const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, `must be one of ${values.join(', ')}`);

/** Every setting: its environment variable, its flag without dashes, how it is read. */
const SETTINGS = {
  dataDir: { variable: 'FIRN_DATA', schema: z.string().min(1, 'must name a folder') },
  listen: { variable: 'FIRN_LISTEN', schema: listen },
  agentListen: { variable: 'FIRN_AGENT_LISTEN', schema: listen },
  agentUrl: { variable: 'FIRN_AGENT_URL', schema: z.url({ protocol: /^(https?|wss?)$/, error: 'must be a URL that hosts can reach, such as http://10.0.0.5:7071' }) },
  fleet: { variable: 'FIRN_FLEET', schema: oneOf(['real', 'lab', 'simulated']) },
  fleetNote: { variable: 'FIRN_FLEET_NOTE', schema: z.string().max(300) },
  currency: { variable: 'FIRN_CURRENCY', schema: z.string().regex(/^[A-Z]{3}$/, 'must be a currency code of three capital letters, such as CNY') },
  heartbeatMs: { variable: 'FIRN_HEARTBEAT_MS', schema: milliseconds(100, 60_000) },
  reportMs: { variable: 'FIRN_REPORT_MS', schema: milliseconds(100, 60_000) },
  leaseMs: { variable: 'FIRN_LEASE_MS', schema: milliseconds(500, 600_000) },
  startDeadlineMs: { variable: 'FIRN_START_DEADLINE_MS', schema: milliseconds(1_000, 3_600_000) },
  quarantineMs: { variable: 'FIRN_QUARANTINE_MS', schema: milliseconds(0, 86_400_000) },
  https: { variable: 'FIRN_HTTPS', schema: oneOf(['0', '1']).transform((value) => value === '1') },
  logLevel: { variable: 'FIRN_LOG', schema: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']) },
  consoleDir: { variable: 'FIRN_CONSOLE_DIR', schema: z.string().min(1) },
} as const;
type Setting = keyof typeof SETTINGS;
/** Flags as the command line gives them: they win over the environment. */
export type Flags = Partial<Record<Setting, string>>;

/**
 * @param environment usually the process's own; an empty value counts as absent
 * @throws InvalidError naming the variable, its value and what is allowed
 */
export function readConfig(flags: Flags = {}, environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const read: Record<string, unknown> = {};
  for (const setting of Object.keys(SETTINGS) as Setting[]) {
    const { variable, schema } = SETTINGS[setting];
    const flag = flags[setting];
    const text = flag ?? environment[variable];
    if (text === undefined || text === '') continue;
    const result = schema.safeParse(text);
    if (!result.success) {
      const field = flag === undefined ? variable : `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const message = result.error.issues[0]?.message ?? 'is not allowed';
      throw new InvalidError('config-invalid', `${field} is ${JSON.stringify(text)}: it ${message}.`, [{ field, value: text, message }]);
    }
    read[setting] = result.data;
  }
  const config: Config = { ...DEFAULTS, ...read };
  if (config.leaseMs < 2 * config.heartbeatMs) {
    const message = `must be at least twice the heartbeat of ${config.heartbeatMs} milliseconds`;
    throw new InvalidError('config-invalid', `FIRN_LEASE_MS is ${config.leaseMs}: it ${message}.`, [{ field: 'FIRN_LEASE_MS', value: config.leaseMs, message }]);
  }
  return config;
}
