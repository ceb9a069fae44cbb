// What a release says besides its image: variables, secrets by name, files, process. Pure: the configuration of an environment, carried over to
// another build and changed as asked; and what cannot be.
import type { HealthCheck, ServiceSpec } from '#agents/protocol.ts';
import { InvalidError } from '../errors.ts';
import type { ConfigChange } from '../http/contract/releases.ts';

export type ConfigFile = { readonly mode: number } & ({ readonly content: string } | { readonly secret: string });

/** A configuration with secrets by their names: which version is meant is decided when a release is made. */
export interface Config {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Variable -> name of a secret. */
  readonly secretEnv: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, ConfigFile>>;
  readonly port: number;
  readonly healthPath: string | null;
  /** Null: as `healthPath` says. */
  readonly health: HealthCheck | null;
  readonly metricsPath: string | null;
  readonly stopSeconds: number;
}

type Process = Pick<Config, 'command' | 'port' | 'healthPath' | 'health' | 'metricsPath' | 'stopSeconds'>;

const STOP_SECONDS = 10;
/** What agents take. */
const MOST_FILES = 64;

/** What a build's firn.yaml says of the process. */
export const processOf = (spec: ServiceSpec): Process => ({ command: spec.start, port: spec.port, healthPath: spec.healthPath ?? null, health: spec.health ?? null, metricsPath: spec.metricsPath ?? null, stopSeconds: spec.stopSeconds ?? STOP_SECONDS });

/**
 * An environment's configuration for another build: what the environment has of its own stays, the rest is as the new build says. Of its own is what
 * differs from the build that it runs now. Without a new build it stays as it is.
 */
export function carryOver(current: Config, from: ServiceSpec | undefined, to: ServiceSpec | undefined): Config {
  if (to === undefined) return current;
  const [before, after] = [from === undefined ? undefined : processOf(from), processOf(to)];
  const own = <K extends keyof Process>(field: K): Process[K] => (before !== undefined && JSON.stringify(before[field]) !== JSON.stringify(current[field]) ? current[field] : after[field]);
  const ownEnv = Object.entries(current.env).filter(([name, value]) => from?.env?.[name] !== value);
  const fromBuild = Object.entries(to.env ?? {}).filter(([name]) => !Object.hasOwn(current.secretEnv, name));
  return {
    ...current,
    command: own('command'),
    port: own('port'),
    healthPath: own('healthPath'),
    health: own('health'),
    metricsPath: own('metricsPath'),
    stopSeconds: own('stopSeconds'),
    env: { ...Object.fromEntries(fromBuild), ...Object.fromEntries(ownEnv) },
  };
}

/**
 * Changes a configuration as asked. Null takes a name away; a variable that becomes a secret is no plain one any more, and the other way round.
 * @throws InvalidError naming the field: what is not there to be taken away, a path that cannot be, too many files
 */
export function changeConfig(config: Config, change: ConfigChange): Config {
  const twice = Object.keys(change.env).find((name) => change.env[name] !== null && (change.secretEnv[name] ?? null) !== null);
  if (twice !== undefined) throw invalid(`config.env.${twice}`, undefined, 'is in env and in secretEnv: it can be only one of them');
  for (const path of Object.keys(change.files)) {
    const problem = pathProblem(path);
    if (problem !== null) throw invalid(`config.files.${path}`, path, problem);
  }
  const env = changed('env', config.env, change.env);
  const secretEnv = changed('secretEnv', config.secretEnv, change.secretEnv);
  for (const name of Object.keys(change.env)) if (change.env[name] !== null) delete secretEnv[name];
  for (const name of Object.keys(change.secretEnv)) if (change.secretEnv[name] !== null) delete env[name];
  const files = changed('files', config.files, Object.fromEntries(Object.entries(change.files).map(([path, file]) => [path, file === null ? null : fileOf(file)])));
  if (Object.keys(files).length > MOST_FILES) throw invalid('config.files', Object.keys(files).length, `has more than ${MOST_FILES} files`);
  const { command, port, metricsPath, stopSeconds } = change;
  return {
    command: command ?? config.command,
    env,
    secretEnv,
    files,
    port: port ?? config.port,
    ...healthIn(config, change),
    metricsPath: metricsPath === undefined ? config.metricsPath : metricsPath,
    stopSeconds: stopSeconds ?? config.stopSeconds,
  };
}

/** One of the two counts: whichever is set last. Agents that know no `health` go by the path. */
function healthIn({ healthPath, health }: Config, change: ConfigChange): Pick<Config, 'healthPath' | 'health'> {
  if (change.health !== undefined && change.health !== null) return { health: checkOf(change.health), healthPath: change.health.path ?? null };
  if (change.healthPath !== undefined) return { healthPath: change.healthPath, health: null };
  return { healthPath, health: change.health === null ? null : health };
}

/** What was asked, without what was left out. */
export function checkOf(asked: NonNullable<ConfigChange['health']>): HealthCheck {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as HealthCheck;
}

function fileOf({ mode, content, secret }: NonNullable<ConfigChange['files'][string]>): ConfigFile {
  return secret === undefined ? { mode, content: content ?? '' } : { mode, secret };
}

function changed<T>(field: string, before: Readonly<Record<string, T>>, change: Readonly<Record<string, T | null>>): Record<string, T> {
  const result: Record<string, T> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    if (value !== null) result[name] = value;
    else if (Object.hasOwn(result, name)) delete result[name];
    else throw invalid(`config.${field}.${name}`, undefined, 'is not there to be taken away', Object.keys(before).join(', ') || 'none');
  }
  return result;
}

/** Made by agents and engines in every container. */
const TAKEN = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];
const CLOSED = ['/proc', '/sys', '/dev', '/persist', '/firn'];

/** Why nothing can be put at a path; null: it can. */
function pathProblem(path: string): string | null {
  const parts = path.slice(1).split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'must be the whole path of a file, without empty parts, . and ..';
  if (/[\p{Cc}:]/u.test(path)) return 'must have no colon and no control character';
  if (TAKEN.includes(path)) return 'is made for every container: it cannot be another file';
  const closed = CLOSED.find((folder) => path === folder || path.startsWith(`${folder}/`));
  return closed === undefined ? null : `must not be below ${closed}`;
}

const invalid = (field: string, value: unknown, message: string, allowed?: string): InvalidError =>
  new InvalidError('config-invalid', `${field} ${message}${allowed === undefined ? '' : ` (allowed: ${allowed})`}.`, [{ field, value, message, ...(allowed === undefined ? {} : { allowed }) }]);
