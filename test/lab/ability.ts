/**
 * Whether this machine can run a lab, and if not, why not, in a sentence for a person.
 * Tries the two things that a restricted root may not do, and leaves nothing of the trial.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { enableControllers, labGroup, makeSystemGroup, removeGroup } from './cgroups.ts';
import { LAB_ENVIRONMENT, run } from './run.ts';

const TOOLS = ['dockerd', 'containerd', 'ip', 'iptables', 'nsenter', 'umount'] as const;

/** The reason why no lab can run here, or undefined when one can. */
export async function whyNoLab(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `the lab needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'the lab needs root';
  const missing = TOOLS.filter((tool) => !(LAB_ENVIRONMENT.PATH ?? '').split(':').some((folder) => existsSync(join(folder, tool))));
  if (missing.length > 0) return `the lab needs ${missing.join(', ')}; install docker.io, iproute2 and iptables`;
  const trial = `try-${process.pid}`;
  try {
    await run(['unshare', '--net', '--mount', 'true']);
    await enableControllers();
    await makeSystemGroup(trial, 'host');
    await removeGroup(labGroup(trial));
    return undefined;
  } catch (error) {
    return `this root may not make network namespaces or control groups (${error instanceof Error ? error.message : String(error)})`;
  }
}
