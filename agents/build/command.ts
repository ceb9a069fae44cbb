// Runs a build or test command in a clean container made from the runtime layer: read-only but for the workspace, no privileges, no network
// unless asked, bounded in CPU, memory, processes and time. Takes what to run; gives its end as a value or a BuildFailure with the sentence.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerCreateOptions } from 'dockerode';
import type { BuildOrder } from '../protocol.ts';
import type { BuildEngine } from './engine.ts';
import { BuildFailure } from './failure.ts';

export interface CommandRun {
  /** `build` or `test`: for sentences. */
  readonly name: string;
  readonly command: string;
  readonly image: string;
  /** Folder of this host that the container sees as /src. */
  readonly workspace: string;
  /** Folder of this host, in memory, that the container sees as /run/secrets. */
  readonly secretsFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: BuildOrder['limits'];
  readonly network: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly cgroupParent?: string | undefined;
}

const CPU_PERIOD_MICROS = 100_000;
const MIB_BYTES = 1_048_576;
/** Compilers start many processes; a fork bomb starts more. */
const PIDS_LIMIT = 2_048;
/** What package managers need to write as root, and nothing that reaches beyond the container. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID'];

/** Body of `POST /containers/create`. Pure. */
export function commandBody(run: CommandRun): ContainerCreateOptions {
  const memoryBytes = run.limits.memoryMib * MIB_BYTES;
  return {
    Image: run.image,
    // The first command that fails ends it: a build that goes on after `npm ci` failed would make a broken image.
    Entrypoint: ['/bin/sh', '-ec'],
    Cmd: [run.command],
    User: '0:0',
    WorkingDir: '/src',
    Env: Object.entries({ CI: '1', HOME: '/tmp', ...run.env }).map(([name, value]) => `${name}=${value}`),
    Labels: { ...run.labels },
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: run.network ? 'host' : 'none',
      ReadonlyRootfs: true,
      Binds: [`${run.workspace}:/src`, `${run.secretsFolder}:/run/secrets:ro`],
      // What is written there counts as memory of the container.
      Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,mode=1777', '/run': 'rw,noexec,nosuid,nodev,size=16m' },
      CpuPeriod: CPU_PERIOD_MICROS,
      CpuQuota: (run.limits.cpuMilli * CPU_PERIOD_MICROS) / 1000,
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      PidsLimit: PIDS_LIMIT,
      CapDrop: ['ALL'],
      CapAdd: [...CAPABILITIES],
      SecurityOpt: ['no-new-privileges'],
      // Its output is read as it comes and kept nowhere else.
      LogConfig: { Type: 'none', Config: {} },
      ...(run.cgroupParent === undefined ? {} : { CgroupParent: run.cgroupParent }),
    },
  };
}

/** Runs it to its end. Throws BuildFailure when it ends with another code than 0, or the signal's reason. */
export async function runInContainer(engine: BuildEngine, run: CommandRun, onOutput: (text: string) => void, signal: AbortSignal): Promise<void> {
  const { exitCode, isOutOfMemory } = await engine.run({ body: commandBody(run), onOutput, signal });
  if (isOutOfMemory) throw new BuildFailure(`${run.name}: the command ran out of memory; its limit is ${run.limits.memoryMib} MiB`);
  if (exitCode === 0) return;
  const hint = exitCode === 127 ? ' (a program was not found)' : exitCode === 126 ? ' (a program may not be run)' : '';
  throw new BuildFailure(`${run.name}: the command ended with code ${exitCode}${hint}; see the log`);
}

/** Writes secrets as files that only root may read; the folder must be in memory. */
export async function writeSecrets(folder: string, secrets: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, value] of Object.entries(secrets)) {
    await writeFile(join(folder, name), value, { mode: 0o400 });
    await chmod(join(folder, name), 0o400);
  }
}
