// `firn release`: what could run, version by version: made of a build, an image, another environment's release or changed configuration.
import { Command } from '@commander-js/extra-typings';
import type { Builds, ReleaseAskInput, ReleaseDiff, ReleaseMade, Releases, ReleaseView } from '../../http/contract/index.ts';
import { age, collect, collectPairs, parseDurationMs, parseInteger } from '../amounts.ts';
import { path, type Client } from '../client.ts';
import { CliError, usageError } from '../exit.ts';
import { examples, type Begin, type Invocation } from '../invocation.ts';
import { clean, fields, printList, printOne, type Column } from '../output.ts';
import { releaseOf } from './rollout.ts';

const nameOf = ({ service, environment, version }: ReleaseView): string => `${service}.${environment} v${version}`;
const imageText = ({ image, digest }: ReleaseView): string => (digest === null ? image : image.replace(/@sha256:([0-9a-f]{12})[0-9a-f]*$/, '@sha256:$1'));

const columns = (now: number): readonly Column<ReleaseView>[] => [
  { title: 'RELEASE', value: nameOf },
  { title: 'RUNS', value: ({ replicas, isCurrent }) => `${replicas}${isCurrent ? ' *' : ''}`, align: 'right' },
  { title: 'COMMIT', value: ({ commit }) => commit?.id.slice(0, 10) ?? null },
  { title: 'IMAGE', value: imageText },
  { title: 'KEPT', value: ({ imageState }) => imageState },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'AGE', value: ({ createdAt }) => age(now - Date.parse(createdAt)), align: 'right' },
  { title: 'NOTE', value: ({ note }) => note },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Releases of a service, newest first; * is what runs.')
    .argument('<service>')
    .option('-e, --environment <name>', 'only of this environment')
    .option('--limit <count>', 'how many at most', parseInteger, 20)
    .addHelpText('after', examples('release list quote', 'release list quote -e production -o json'))
    .action(async (service, { environment, limit }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Releases>(path('services', service, 'releases'), { environment, limit });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: `${service} has no release.` });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One release: image, commit, configuration.')
    .argument('<service>')
    .requiredOption('-e, --environment <name>', 'where')
    .option('--release <version>', 'the newest without it', parseInteger)
    .addHelpText('after', examples('release show quote -e production', 'release show quote -e production --release 7 -o yaml'))
    .action(async (service, { environment, release: version }, self) => {
      const { io, printing, client } = begin(self);
      const release = await releaseOf(client(), service, environment, version);
      await printOne(io, printing, release, release.id, () => releaseText(release));
    });

function healthText({ health, healthPath }: ReleaseView): string {
  if (health === undefined || health === null) return healthPath ?? 'a TCP connection';
  const { kind, path, command, ...pace } = health;
  const how = kind === 'command' ? `command ${(command ?? []).join(' ')}` : kind === 'http' ? (path ?? '/') : 'a TCP connection';
  return [how, ...Object.entries(pace).map(([name, value]) => `${name} ${value}`)].join(', ');
}

function releaseText(release: ReleaseView): string {
  const { commit, promotedFrom, command, port, metricsPath, stopSeconds, env, secretEnv, files, note, createdBy, createdAt } = release;
  const secretText = ({ secret, version }: { secret: string; version: number }) => `secret ${secret} v${version}`;
  return fields([
    ['release', nameOf(release)],
    ['id', release.id],
    ['image', release.image],
    ['kept', release.imageState],
    ...(release.buildId === null ? [] : [['build', release.buildId] as const]),
    ...(commit === null ? [] : [['commit', `${commit.id} ${commit.subject ?? ''}`] as const]),
    ...(promotedFrom === null ? [] : [['promoted from', `${promotedFrom.environment} v${promotedFrom.version}`] as const]),
    ['command', command.length === 0 ? "the image's own" : command.join(' ')],
    ['port', port],
    ['health', healthText(release)],
    ['metrics', metricsPath],
    ['stops within', `${stopSeconds}s`],
    ...Object.entries(env).map(([name, value]) => [`env ${name}`, value] as const),
    ...Object.entries(secretEnv).map(([name, secret]) => [`env ${name}`, secretText(secret)] as const),
    ...Object.entries(files).map(([name, { mode, content, secret }]) => [`file ${name}`, `${mode.toString(8).padStart(4, '0')} ${secret === null ? `${Buffer.byteLength(content ?? '')} bytes` : secretText(secret)}`] as const),
    ['note', note],
    ['made', `${createdAt} by ${createdBy}`],
    ['runs', `${release.replicas} replicas${release.isCurrent ? ', the current one' : ''}`],
  ]);
}

const diff = (begin: Begin) =>
  new Command('diff')
    .description('What a release changes against what runs, or against another one: commits, configuration, layers.')
    .argument('<service>')
    .requiredOption('-e, --environment <name>', 'where')
    .option('--release <version>', 'the newest without it', parseInteger)
    .option('--against <version>', 'what runs without it', parseInteger)
    .addHelpText('after', examples('release diff quote -e production', 'release diff quote -e production --release 7 --against 5'))
    .action(async (service, { environment, release: version, against }, self) => {
      const { io, printing, client } = begin(self);
      const connected = client();
      const release = await releaseOf(connected, service, environment, version);
      const other = against === undefined ? undefined : await releaseOf(connected, service, environment, against);
      const body = await connected.get<ReleaseDiff>(path('releases', release.id, 'diff'), { against: other?.id });
      await printOne(io, printing, body, release.id, () => diffText(body));
    });

function diffText({ before, after, commits, config, layers, image }: ReleaseDiff): string {
  const line = (sign: string, name: string, value: string | null) => (value === null ? [] : [`${sign} ${name} ${clean(value)}\n`]);
  const changed = layers.filter(({ change }) => change !== 'same');
  return [
    `${before === null ? 'nothing' : `v${before.version}`} -> v${after.version}\n`,
    ...(image.before === image.after ? [] : [...line('-', 'image', image.before), ...line('+', 'image', image.after)]),
    ...commits.map(({ id, subject, author }) => `* ${id.slice(0, 10)} ${clean(subject)}${author === null ? '' : ` (${clean(author)})`}\n`),
    ...config.flatMap(({ name, before: was, after: is }) => [...line('-', name, was), ...line('+', name, is)]),
    ...changed.map(({ digest, bytes, change }) => `${change === 'added' ? '+' : '-'} layer ${digest.slice(0, 19)} ${bytes} bytes\n`),
    ...(image.before === image.after && config.length === 0 ? ['nothing differs\n'] : []),
  ].join('');
}

/** A command with every flag that changes a configuration. */
const changing = (name: string) =>
  new Command(name)
    .option('--env <key=value>', 'set a variable; repeat it', collectPairs)
    .option('--unset-env <name>', 'take a variable away; repeat it', collect)
    .option('--secret <variable=secret>', 'a variable whose value is a secret; repeat it', collectPairs)
    .option('--unset-secret <variable>', 'take such a variable away; repeat it', collect)
    .option('--file <path=file>', 'put a file of this machine into the container; repeat it', collectPairs)
    .option('--secret-file <path=secret>', 'put a secret into the container as a file; repeat it', collectPairs)
    .option('--unset-file <path>', 'take a file away; repeat it', collect)
    .option('--command <word>', 'a word of its command; repeat it', collect)
    .option('--port <port>', 'where it listens', parseInteger)
    .option('--health-path <path>', 'what answers 200 when it is well; empty: a TCP connection')
    .option('--health-command <word>', 'a word of a command that ends with 0 in its container when it is well; repeat it', collect)
    .option('--metrics-path <path>', 'Prometheus text about requests; empty: none')
    .option('--stop-after <duration>', 'how long it may take to stop: 10s', parseDurationMs)
    .option('--note <text>', 'for the history');

type ConfigOptions = ReturnType<ReturnType<typeof changing>['opts']>;

/** The flags as a change of configuration. @throws CliError (usage) naming a file that cannot be read */
async function configOf(options: ConfigOptions): Promise<NonNullable<ReleaseAskInput['config']>> {
  const { readFile } = await import('node:fs/promises');
  const gone = (names: readonly string[] | undefined) => Object.fromEntries((names ?? []).map((name) => [name, null]));
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(name, 'utf8');
    } catch (error) {
      throw usageError(`The file ${name} cannot be read: ${(error as Error).message}.`);
    }
  };
  const files = await Promise.all(Object.entries(options.file ?? {}).map(async ([at, name]) => [at, { content: await read(name) }] as const));
  const secretFiles = Object.entries(options.secretFile ?? {}).map(([at, secret]) => [at, { secret, mode: 0o400 }] as const);
  return {
    env: { ...gone(options.unsetEnv), ...options.env },
    secretEnv: { ...gone(options.unsetSecret), ...options.secret },
    files: { ...gone(options.unsetFile), ...Object.fromEntries([...files, ...secretFiles]) },
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.healthPath === undefined ? {} : { healthPath: options.healthPath === '' ? null : options.healthPath }),
    ...(options.healthCommand === undefined ? {} : { health: { kind: 'command' as const, command: options.healthCommand } }),
    ...(options.metricsPath === undefined ? {} : { metricsPath: options.metricsPath === '' ? null : options.metricsPath }),
    ...(options.stopAfter === undefined ? {} : { stopSeconds: Math.ceil(options.stopAfter / 1000) }),
  };
}

async function send(invocation: Invocation, client: Client, service: string, ask: ReleaseAskInput): Promise<void> {
  const { io, printing } = invocation;
  const made = await client.send<ReleaseMade>('POST', path('services', service, 'releases'), ask);
  for (const { message } of made.warnings) io.err(`warning: ${clean(message)}\n`);
  await printOne(io, printing, made, made.id, () => `${nameOf(made)} is made: firn rollout start ${made.service} -e ${made.environment} --to ${made.version}\n`);
}

const make = (begin: Begin) =>
  changing('make')
    .description('Makes a release: of a build, of an image, or of what runs with another configuration. It runs nowhere until it is rolled out.')
    .argument('<service>')
    .requiredOption('-e, --environment <name>', 'where')
    .option('--build <id>', 'of this build; `latest`: of the newest one that succeeded')
    .option('--image <image>', 'of this image; a tag is resolved to its digest now')
    .addHelpText('after', examples('release make quote -e staging --build latest', 'release make quote -e production --env LEVEL=debug --secret DB_PASSWORD=db-password', 'release make quote -e dev --image 10.0.0.5:7072/services/quotes/quote:7'))
    .action(async (service, { environment, build, image, ...options }, self) => {
      const invocation = begin(self);
      if (build !== undefined && image !== undefined) throw usageError('Say --build or --image, and not both.');
      const client = invocation.client();
      const from: ReleaseAskInput['from'] = build !== undefined ? { kind: 'build', buildId: await buildOf(client, service, build) } : image === undefined ? { kind: 'current' } : { kind: 'image', image };
      await send(invocation, client, service, { environment, from, config: await configOf(options), note: options.note ?? '' });
    });

async function buildOf(client: Client, service: string, build: string): Promise<string> {
  if (build !== 'latest') return build;
  const { items } = await client.get<Builds>('/builds', { service, state: 'succeeded', limit: 1 });
  if (items[0] === undefined) throw new CliError(`No build of ${service} has succeeded: firn build --help`);
  return items[0].id;
}

const promote = (begin: Begin) =>
  changing('promote')
    .description('Makes a release of what another environment has: the same image, with the configuration of the environment that it goes to.')
    .argument('<service>')
    .requiredOption('--from <environment>', 'where it is')
    .requiredOption('--to <environment>', 'where it goes')
    .option('--release <version>', 'what runs there without it', parseInteger)
    .addHelpText('after', examples('release promote quote --from staging --to production', 'release promote quote --from staging --to production --release 7 --note "the tested one"'))
    .action(async (service, { from, to, release: version, ...options }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const { items } = await client.get<Releases>(path('services', service, 'releases'), { environment: from, limit: 200 });
      const found = items.find((each) => (version === undefined ? each.isCurrent : each.version === version));
      if (found === undefined) throw new CliError(`${service} has no ${version === undefined ? 'release that runs' : `version ${version}`} in ${from}.`, 1, [`it has: ${items.map((each) => each.version).join(', ') || 'none'}`]);
      await send(invocation, client, service, { environment: to, from: { kind: 'release', releaseId: found.id }, config: await configOf(options), note: options.note ?? '' });
    });

export const command = (begin: Begin) => new Command('release').description('What could run, version by version.').addCommand(make(begin)).addCommand(promote(begin)).addCommand(list(begin)).addCommand(show(begin)).addCommand(diff(begin));
