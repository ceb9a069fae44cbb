// `firn.yaml`: the few lines by which a service says how it is built and started. Pure.
// Takes the text; gives a ServiceSpec, or every problem with line and column. It may not guess: what is unknown is refused.
import type { HealthCheck, ServiceSpec } from '../protocol.ts';
import { splitWords } from './split-words.ts';
import { numberOf, readFields, readYaml, textOf, type FieldReader, type YamlProblem } from './yaml-fields.ts';

/** The fields as they are written. */
interface FirnYaml {
  runtime: string;
  build?: string;
  test?: string;
  output?: string;
  start: string[];
  port: number;
  health?: { readonly path?: string; readonly check?: HealthCheck };
  metrics?: string;
  stopSeconds?: number;
  env?: Record<string, string>;
  profile?: NonNullable<ServiceSpec['profile']>;
}

const command = textOf(/\S/, 'give a command for /bin/sh, at most 8192 characters');
const urlPath = textOf(/^\/[^\s#]*$/, 'give a path that begins with /, such as /up, at most 256 characters', 256);

const output: FieldReader<string> = (value) => {
  const allowed = 'give a folder inside of the source, such as dist, without .. and not beginning with /';
  if (typeof value.scalar !== 'string' || value.scalar === '' || value.scalar.length > 256 || value.scalar.startsWith('/') || value.scalar.includes('\0')) return { allowed };
  const parts = value.scalar.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? { allowed } : { value: parts.join('/') || '.' };
};

const start: FieldReader<string[]> = (value) => {
  const allowed = 'give a command such as "node server.js", or a list of words such as [node, server.js]';
  if (value.list !== undefined) {
    const words = value.list.map((item) => item.text);
    const fits = words.length > 0 && words.length <= 64 && words[0] !== '' && value.list.every((item) => item.scalar !== null && item.scalar !== undefined) && words.every((word) => word.length <= 4_096);
    return fits ? { value: words } : { allowed };
  }
  if (typeof value.scalar !== 'string') return { allowed };
  const words = splitWords(value.scalar);
  // A shell between init and service would keep signals to itself, so one is there only where somebody asks for it.
  if (words === 'shell') return { allowed: 'words of a shell (; & | < > $ ` * ( ) ~ and line breaks) need a list: ["/bin/sh", "-c", "..."]' };
  return words.length > 0 && words.length <= 64 && words[0] !== '' && words.every((word) => word.length <= 4_096) ? { value: words } : { allowed };
};

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const env: FieldReader<Record<string, string>> = (value) => {
  if (value.map === undefined) return { allowed: 'give names with values, such as LOG_LEVEL: info' };
  const problems: YamlProblem[] = [];
  for (const { key, at, value: one } of value.map) {
    if (!NAME.test(key)) problems.push({ ...at, sentence: `env: the name ${JSON.stringify(key)} is not allowed; use letters, digits and _, not beginning with a digit` });
    else if (one.scalar === null || one.scalar === undefined) problems.push({ ...one.at, sentence: `env.${key}: has no value; give text, a number, true or false` });
    else if (one.text.includes('\0') || one.text.length > 32_768) problems.push({ ...one.at, sentence: `env.${key}: the value is too long or holds a zero byte; at most 32768 characters` });
  }
  return problems.length > 0 ? { problems } : { value: Object.fromEntries(value.map.map(({ key, value: one }) => [key, one.text])) };
};

const profile: FieldReader<NonNullable<ServiceSpec['profile']>> = (value) =>
  readFields<NonNullable<ServiceSpec['profile']>>(
    value,
    { cpuMsPerRequest: numberOf(0.001, 600_000, false), memoryBaseMib: numberOf(1, 1_048_576, false), memoryKibPerQps: numberOf(0, 1_048_576, false), maxQps: numberOf(0.001, 1_000_000, false) },
    ['cpuMsPerRequest', 'memoryBaseMib', 'memoryKibPerQps'],
  );

interface HealthYaml {
  http?: string;
  command?: string[];
  tcp?: true;
  intervalMs?: number;
  timeoutMs?: number;
  failures?: number;
  startGraceMs?: number;
}

/** A path, or how to ask and at which pace. */
const health: FieldReader<NonNullable<FirnYaml['health']>> = (value) => {
  if (value.map === undefined) {
    const read = urlPath(value);
    return 'value' in read ? { value: { path: read.value } } : { allowed: 'give a path that begins with /, such as /up, at most 256 characters, or fields: http, command or tcp' };
  }
  const isTrue: FieldReader<true> = (one) => (one.scalar === true ? { value: true } : { allowed: 'give true' });
  const read = readFields<HealthYaml>(
    value,
    { http: urlPath, command: start, tcp: isTrue, intervalMs: numberOf(500, 600_000), timeoutMs: numberOf(100, 60_000), failures: numberOf(1, 100), startGraceMs: numberOf(0, 3_600_000) },
    [],
    { path: 'http', exec: 'command', cmd: 'command', interval: 'intervalMs', timeout: 'timeoutMs', retries: 'failures', startPeriod: 'startGraceMs' },
  );
  if ('problems' in read) return read;
  const { http, command: words, tcp, ...pace } = read.value;
  if ([http, words, tcp].filter((one) => one !== undefined).length !== 1) return { problems: [{ ...value.at, sentence: 'health: needs one of http, command and tcp' }] };
  if (words !== undefined) return { value: { check: { kind: 'command', command: words, ...pace } } };
  return { value: http === undefined ? { check: { kind: 'tcp', ...pace } } : { path: http, check: { kind: 'http', path: http, ...pace } } };
};

const FIELDS = {
  runtime: textOf(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'give the name of a layer, such as node: a-z, 0-9 and -'),
  build: command,
  test: command,
  output,
  start,
  port: numberOf(1, 65_535),
  health,
  metrics: urlPath,
  stopSeconds: numberOf(0, 600),
  env,
  profile,
};

/** What other platforms call these fields. */
const SYNONYMS = { healthPath: 'health', healthcheck: 'health', metricsPath: 'metrics', command: 'start', cmd: 'start', run: 'start', environment: 'env', base: 'runtime', image: 'runtime', resources: 'profile', out: 'output', dir: 'output' } as const;

/** A spec, or at least one problem. */
export function parseFirnYaml(text: string): { readonly spec: ServiceSpec } | { readonly problems: readonly YamlProblem[] } {
  const document = readYaml(text);
  if ('problems' in document) return document;
  const read = readFields<FirnYaml>(document.value, FIELDS, ['runtime', 'start', 'port'], SYNONYMS);
  if ('problems' in read) return read;
  const { health: asked, metrics, ...rest } = read.value;
  return { spec: { ...rest, ...(asked?.path === undefined ? {} : { healthPath: asked.path }), ...(asked?.check === undefined ? {} : { health: asked.check }), ...(metrics === undefined ? {} : { metricsPath: metrics }) } };
}
