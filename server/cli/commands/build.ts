// `firn build`: from a commit to an image in the registry, with its log as it grows.
import { Command, Option } from '@commander-js/extra-typings';
import type { BuildView } from '../../http/contract/index.ts';
import { age, byteCount, collect, counted, parseDurationMs, parseInteger } from '../amounts.ts';
import { followBuild, printLog } from '../build-log.ts';
import { path } from '../client.ts';
import { EXIT } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne, type Column } from '../output.ts';

const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
const columns = (now: number): readonly Column<BuildView>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'OF', value: ({ kind, subject }) => (kind === 'layer' ? `layer ${subject}` : subject) },
  { title: 'STATE', value: ({ state, phase }) => (state === 'running' ? phase : state) },
  { title: 'COMMIT', value: ({ commit, source }) => commit?.id.slice(0, 12) ?? source?.ref ?? null },
  { title: 'DIGEST', value: ({ digest }) => digest?.slice(7, 19) ?? null },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'AGE', value: ({ createdAt }) => age(now - Date.parse(createdAt)), align: 'right' },
];

const start = (begin: Begin) =>
  new Command('start')
    .description('Builds a service from a commit and shows the log until it has ended.')
    .argument('<service>')
    .requiredOption('--team <team>', 'whose service it is')
    .requiredOption('--git <url>', 'the repository')
    .option('--ref <ref>', 'a branch, a tag or a commit', 'HEAD')
    .option('--path <folder>', 'folder of the repository with firn.yaml')
    .option('--secret <name>', "a secret of the team for the build command, below /run/secrets; repeat it", collect)
    .option('--credentials <name>', "the team's secret with user:password for the repository")
    .option('--network', 'let the build command use the network')
    .option('--no-cache', 'build it although the same commit on the same layers was built')
    .option('--detach', 'do not wait for the end')
    .option('--wait', 'wait for the end, as is usual')
    .option('--timeout <duration>', 'how long to wait', parseDurationMs, 7_200_000)
    .addHelpText('after', examples('build start quote --team quotes --git https://git.example.org/quote.git --ref v1.4', 'build quote --team quotes --git git@git.example.org:quote.git --detach -o name'))
    .action(async (service, { team, git, ref, path: folder, secret, credentials, network, cache, detach, timeout }, self) => {
      const { io, printing, client: connect, endWith } = begin(self);
      const client = connect();
      const ask = { team, service, url: git, ref, path: folder ?? '', secrets: secret ?? [], network: network === true, noCache: !cache, ...(credentials === undefined ? {} : { credentials }) };
      const asked = await client.send<BuildView>('POST', '/builds', ask);
      const build = detach === true || asked.endedAt !== null ? asked : await followBuild(io, client, asked.id, timeout, (text) => io.err(text));
      await printOne(io, printing, build, build.id, () => text(build));
      if (build.state === 'failed' || build.state === 'cancelled') endWith(EXIT.error);
    });

const list = (begin: Begin) =>
  new Command('list')
    .description('Builds, newest first.')
    .option('--service <name>', 'only of this service or layer')
    .option('--team <team>', 'only of this team')
    .addOption(new Option('--state <state>', 'only of this state').choices(STATES))
    .option('--limit <count>', 'how many at most', parseInteger, 50)
    .addHelpText('after', examples('build list', 'build list --service quote --state succeeded -o name'))
    .action(async (query, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: BuildView[] }>('/builds', { ...query });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: 'Nothing was built yet: firn build start SERVICE --team TEAM --git URL' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One build: where it is, what it was made from and what came of it.')
    .argument('<id>')
    .addHelpText('after', examples('build show 01a1f1a0-…', 'build show 01a1f1a0-… -o json'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const build = await client().get<BuildView>(path('builds', id));
      await printOne(io, printing, build, build.id, () => text(build));
    });

const log = (begin: Begin) =>
  new Command('log')
    .description('The log of a build.')
    .argument('<id>')
    .option('-f, --follow', 'go on until it has ended')
    .addHelpText('after', examples('build log 01a1f1a0-…', 'build log 01a1f1a0-… --follow'))
    .action(async (id, { follow }, self) => {
      const { io, client: connect, endWith } = begin(self);
      const client = connect();
      if (follow !== true) return void (await printLog(client, id, 0, (part) => io.out(part)));
      const build = await followBuild(io, client, id, Number.POSITIVE_INFINITY, (part) => io.out(part));
      if (build.state === 'succeeded') return;
      io.err(`${outcome(build)}\n`);
      endWith(EXIT.error);
    });

const cancel = (begin: Begin) =>
  new Command('cancel')
    .description('Ends a build that waits or runs.')
    .argument('<id>')
    .addHelpText('after', examples('build cancel 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const build = await client().send<BuildView>('POST', path('builds', id, 'cancel'));
      await printOne(io, printing, build, build.id, () => `${outcome(build)}\n`);
    });

const outcome = ({ subject, state, reason }: BuildView): string => `The build of ${subject} ${state === 'succeeded' || state === 'failed' ? state : `is ${state}`}${reason === '' ? '.' : `: ${reason}`}`;

function text(build: BuildView): string {
  const { commit, source, seconds, sameAs, differsFrom, cachedFrom, image } = build;
  return fields([
    ['build', build.id],
    ['of', build.kind === 'layer' ? `layer ${build.subject}` : build.subject],
    ['state', `${build.state === 'running' ? build.phase : build.state}${build.reason === '' ? '' : `: ${build.reason}`}`],
    ['source', source === null ? null : `${source.url} ${source.ref}${source.path === '' ? '' : ` ${source.path}`}`],
    ['commit', commit === null ? null : `${commit.id.slice(0, 12)} ${commit.subject ?? ''}${commit.author === null ? '' : ` (${commit.author})`}`],
    ['host', build.host === null ? null : `${build.host}, attempt ${build.attempt}`],
    ['stands on', build.layer],
    ['image', image],
    ['image id', build.imageId],
    ['size', build.bytes === null ? null : `${byteCount(build.bytes)}, of which ${byteCount(build.pushedBytes ?? 0)} travelled`],
    ['tests', build.testsPassed === null ? null : build.testsPassed ? 'passed' : 'failed'],
    ['seconds', Object.entries(seconds).map(([phase, took]) => `${phase} ${took.toFixed(1)}`).join(', ')],
    ['repeatable', build.digest === null ? null : differsFrom.length > 0 ? `no: ${counted(differsFrom.length, 'other build')} of the same input gave another digest` : cachedFrom !== null ? `taken over from build ${cachedFrom}` : sameAs > 0 ? `${counted(sameAs, 'other build')} of the same input gave this digest` : null],
    ['asked', `${build.createdAt} by ${build.createdBy}`],
  ].filter(([, value]) => value !== null && value !== '') as [string, string][]);
}

export const command = (begin: Begin) => {
  const build = new Command('build').description('From a commit to an image. Without a verb: start.').addCommand(start(begin), { isDefault: true });
  for (const verb of [list, show, log, cancel]) build.addCommand(verb(begin));
  return build;
};
