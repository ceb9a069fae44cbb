// The builder of this host, where it is one: the operator said so and git is there. Puts settings, credential and engine together.
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Tls } from '../call-server.ts';
import type { AgentConfig } from '../config.ts';
import { httpBase, type Credential } from '../join.ts';
import { sentenceOf, type Log } from '../log.ts';
import type { BuildReport } from '../protocol.ts';
import { Builder } from './builder.ts';
import { openBuildEngine } from './engine.ts';
import { memoryFolder } from './memory-folder.ts';
import { runCommand } from './run.ts';

const GIT_LIMIT_MS = 10_000;
const AT_ONCE = 1;

/** The builder, or undefined where this host takes no builds. A host that should and cannot says so in the log. */
export async function openBuilder(config: AgentConfig, parts: { clock: Clock; log: Log; credential: Credential; tls: () => Tls | undefined; trustRegistry: (registry: string) => Promise<void>; send: (report: BuildReport) => boolean }): Promise<Builder | undefined> {
  if (config.builds === undefined) return undefined;
  const { clock, log, credential, tls, trustRegistry, send } = parts;
  try {
    await runCommand({ args: ['git', '--version'], limitMs: GIT_LIMIT_MS });
    return await Builder.open({
      clock,
      log,
      send,
      engine: openBuildEngine({ socketPath: config.dockerSocket, clock }),
      clusterId: credential.clusterId,
      hostId: credential.hostId,
      credential: credential.credential,
      serverBase: httpBase(config.serverUrl),
      tls,
      trustRegistry,
      gitProtocols: config.builds.gitProtocols,
      cgroupParent: config.cgroupParent,
      folder: join(config.stateDir, 'builds'),
      memoryFolder: await memoryFolder(config.stateDir),
      atOnce: AT_ONCE,
    });
  } catch (error) {
    log.error({ reason: sentenceOf(error) }, 'this host takes no builds');
    return undefined;
  }
}
