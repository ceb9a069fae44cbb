// Fetches one commit of a git repository into a fresh folder and gives its files as they are in the commit.
// git runs without a shell, without hooks, submodules, prompts, anybody's configuration, and only over the protocols that the agent allows.
// Credentials are never in an argument: git asks a script for them, which reads files that are gone afterwards.
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure, platformFailure } from './failure.ts';
import { CommandFailure, runCommand } from './run.ts';
import { unpackTar } from './unpack.ts';

export interface SourceOrder {
  readonly url: string;
  readonly ref: string;
  readonly path: string;
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
}

export interface SourcePlace {
  /** An empty or absent folder of this build alone; the caller removes it. */
  readonly folder: string;
  /** Where credentials may lie for as long as git runs: a file system in memory. */
  readonly memoryFolder: string;
  /** `https`, `ssh`, `http`, `git`, `file`. */
  readonly protocols: readonly string[];
  readonly limitMs: number;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

export interface Source {
  readonly commit: string;
  /** Tree of the folder that was asked for. */
  readonly tree: string;
  readonly author: string;
  readonly subject: string;
  /** Seconds since 1970. */
  readonly committedSeconds: number;
  /** Writes the files of the folder that was asked for. */
  unpack(target: string): Promise<void>;
}

const COMMIT = /^[0-9a-f]{40}$/;
const SHORT_COMMIT = /^[0-9a-f]{7,39}$/;
/** What git itself refuses in names, and what it would take for an option or a list. */
const BAD_REF = /^-|[\s~^:?*[\\\p{Cc}]|\.\.|@\{|\/\/|\/$|\.lock$|^\/|^\+/u;
const SCP_LIKE = /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!\/\/)[^\s]+$/;

/** The protocol that an address speaks, or a BuildFailure that says what is allowed. */
export function protocolOf(url: string, allowed: readonly string[]): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPath = url.startsWith('/');
  const protocol = isPath ? 'file' : SCP_LIKE.test(url) ? 'ssh' : (parsed?.protocol.replace(/:$/, '') ?? '');
  const shown = JSON.stringify(url.slice(0, 200));
  if (protocol === '' || /[\s\p{Cc}]/u.test(url) || (parsed !== undefined && !isPath && !SCP_LIKE.test(url) && !/^[a-z]+:\/\/[^-]/.test(url))) {
    throw new BuildFailure(`url: ${shown} is not allowed; give an address such as https://host/team/service.git or ssh://git@host/team/service.git`);
  }
  if (parsed?.password !== undefined && parsed.password !== '') throw new BuildFailure('url: credentials may not be part of the address; give them as the credentials of the build');
  if (!allowed.includes(protocol)) throw new BuildFailure(`url: ${shown} speaks ${protocol}; this builder allows ${allowed.join(', ')} (FIRN_AGENT_GIT_PROTOCOLS)`);
  return protocol;
}

/** Fetches. Throws BuildFailure: repository missing, credentials, ref not there, host not reachable, too slow. */
export async function fetchSource(order: SourceOrder, place: SourcePlace): Promise<Source> {
  protocolOf(order.url, place.protocols);
  if (BAD_REF.test(order.ref)) throw new BuildFailure(`ref: ${JSON.stringify(order.ref)} is not allowed; give a branch, a tag or a commit`);
  const git = await openGit(order, place);
  try {
    await git(['init', '--quiet', '--bare', '--template=', '.']);
    const commit = await fetchCommit(order, git);
    return await describe(order, place, git, commit);
  } finally {
    await rm(join(place.memoryFolder, 'askpass'), { recursive: true, force: true });
  }
}

type Git = (args: readonly string[], more?: { consume?: Parameters<typeof runCommand>[0]['consume'] }) => Promise<string>;

async function openGit(order: SourceOrder, place: SourcePlace): Promise<Git> {
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  const askpass = join(place.folder, '..', 'askpass.sh');
  const answers = join(place.memoryFolder, 'askpass');
  if (order.credentials !== undefined) {
    await mkdir(answers, { recursive: true, mode: 0o700 });
    await writeFile(join(answers, 'username'), order.credentials.username, { mode: 0o600 });
    await writeFile(join(answers, 'password'), order.credentials.password, { mode: 0o600 });
    // The script itself holds no secret: file systems in memory often run no programs.
    await writeFile(askpass, `#!/bin/sh\ncase "$1" in Username*) exec cat '${answers}/username' ;; *) exec cat '${answers}/password' ;; esac\n`, { mode: 0o700 });
    await chmod(askpass, 0o700);
  }
  const env = {
    HOME: place.folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: place.protocols.join(':'),
    GIT_ASKPASS: order.credentials === undefined ? '/bin/false' : askpass,
    SSH_ASKPASS_REQUIRE: 'never',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=15',
  };
  const fixed = ['git', '-c', 'core.hooksPath=/dev/null', '-c', 'credential.helper=', '-c', 'gc.auto=0', '-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=30', '-c', 'safe.directory=*'];
  return (args, more = {}) => runCommand({ args: [...fixed, ...args], cwd: place.folder, env, limitMs: place.limitMs, signal: place.signal, ...more });
}

async function fetchCommit(order: SourceOrder, git: Git): Promise<string> {
  const fetch = (depth: readonly string[], refs: readonly string[]): Promise<string> =>
    git(['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', ...depth, '--', order.url, ...refs]);
  const shallow = await fetch(['--depth=1'], [`${order.ref}:refs/firn/wanted`]).then(() => undefined, (error: unknown) => error);
  if (shallow === undefined) return parse(git, 'refs/firn/wanted', order);
  const isCommit = COMMIT.test(order.ref) || SHORT_COMMIT.test(order.ref);
  // Some servers give only what a name points to; a shortened commit has no name at all. Then everything is fetched and looked through.
  if (!isCommit || !isRefMissing(shallow)) throw wordsFor(order, shallow);
  await fetch([], ['+refs/heads/*:refs/firn/heads/*', '+refs/tags/*:refs/firn/tags/*']).catch((error: unknown) => {
    throw wordsFor(order, error);
  });
  return parse(git, order.ref, order);
}

async function parse(git: Git, name: string, order: SourceOrder): Promise<string> {
  const found = await git(['rev-parse', '--quiet', '--verify', '--end-of-options', `${name}^{commit}`]).catch((error: unknown) => {
    if (error instanceof CommandFailure && !error.isOverdue) throw new BuildFailure(missingRef(order), false, error);
    throw wordsFor(order, error);
  });
  const commit = found.trim().split('\n').at(-1) ?? '';
  if (!COMMIT.test(commit)) throw new BuildFailure(missingRef(order));
  return commit;
}

async function describe(order: SourceOrder, place: SourcePlace, git: Git, commit: string): Promise<Source> {
  const path = order.path.split('/').filter((part) => part !== '' && part !== '.').join('/');
  const noFolder = `path: there is no folder ${JSON.stringify(order.path)} in ${commit.slice(0, 12)} of ${order.url}`;
  if (path.split('/').includes('..')) throw new BuildFailure(`path: ${JSON.stringify(order.path)} is not allowed; give a folder of the repository`);
  const tree = (await git(['rev-parse', '--quiet', '--verify', '--end-of-options', path === '' ? `${commit}^{tree}` : `${commit}:${path}`]).catch(() => '')).trim();
  const kind = tree === '' ? '' : (await git(['cat-file', '-t', tree])).trim();
  if (kind !== 'tree') throw new BuildFailure(noFolder);
  const [author = '', subject = '', seconds = '0'] = (await git(['log', '-1', '--no-show-signature', '--format=%an%x00%s%x00%ct', commit])).trim().split('\0');
  return {
    commit,
    tree,
    author: author.slice(0, 200),
    subject: subject.slice(0, 500),
    // Times before 1970 exist in made-up commits; a tar cannot say them.
    committedSeconds: Math.max(0, Number(seconds)),
    unpack: async (target) => {
      const reference = path === '' ? commit : `${commit}:${path}`;
      await git(['archive', '--format=tar', reference], { consume: (stdout) => unpackTar(stdout, target, { mostBytes: place.mostBytes, signal: place.signal }) });
    },
  };
}

const missingRef = (order: SourceOrder): string =>
  `ref: ${order.url} has no ${COMMIT.test(order.ref) ? `commit ${order.ref}` : `branch, tag or commit ${JSON.stringify(order.ref)}`}`;

const REF_MISSING = /couldn't find remote ref|not our ref|no such remote ref|unadvertised object|upload-pack: not our|bad object/i;
const isRefMissing = (error: unknown): boolean => error instanceof CommandFailure && REF_MISSING.test(error.said);

/** What git said, as a sentence that tells what to do. */
function wordsFor(order: SourceOrder, error: unknown): Error {
  if (!(error instanceof CommandFailure)) return error instanceof Error ? error : new Error(String(error));
  const { said } = error;
  const { url } = order;
  if (error.isOverdue) return platformFailure(`url: ${url} did not give the source in time`, error);
  if (REF_MISSING.test(said)) return new BuildFailure(missingRef(order), false, error);
  if (/could not read (Username|Password)|Authentication failed|terminal prompts disabled|Permission denied|error: 40[13]\b|Invalid username/i.test(said)) {
    return new BuildFailure(order.credentials === undefined ? `url: ${url} needs credentials; give the build credentials that may read it` : `url: ${url} refuses the credentials of this build`, false, error);
  }
  if (/host key verification failed/i.test(said)) return new BuildFailure(`url: the builder host does not know the host key of ${url}; an operator must add it to known_hosts`, false, error);
  if (/resolve host|Name or service not known|unable to look up/i.test(said)) return new BuildFailure(`url: the host of ${url} is not known; check its name`, false, error);
  if (/connection refused|unreachable|no route to host|timed out|failed to connect|unable to connect|could not connect|connection reset|hung up|timeout|Operation too slow/i.test(said) && !/not exported|not found/i.test(said)) {
    return platformFailure(`url: the host of ${url} cannot be reached from this builder: ${lastLine(said)}`, error);
  }
  if (/not found|does not (appear|exist)|not exported|no such|does not appear to be a git/i.test(said)) return new BuildFailure(`url: there is no repository at ${url}, or it may not be read without credentials`, false, error);
  return new BuildFailure(`url: ${url} could not be fetched: ${lastLine(said) || error.message}`, false, error);
}

const lastLine = (text: string): string => (text.trim().split('\n').findLast((line) => /^(fatal|error|remote):/.test(line)) ?? text.trim().split('\n').at(-1) ?? '').slice(0, 300);
