// Puts the values of secrets into an assignment at the last moment, when it is sent to its host. What is kept has their ids only.
import type { Assignment, ReplicaSpec } from '#agents/protocol.ts';
import type { StoredAssignment, StoredReplica } from '../db/assignments.ts';
import { UnavailableError } from '../errors.ts';

/** Ids of all secrets that an assignment needs. */
export function secretIdsOf({ replicas }: StoredAssignment): string[] {
  return replicas.flatMap(({ secretEnv = {}, files = [] }) => [...Object.values(secretEnv), ...files.flatMap((file) => ('secretId' in file ? [file.secretId] : []))]);
}

/** The assignment as its host gets it. @param values of every secret that it needs */
export function withValues({ replicas, ...rest }: StoredAssignment, values: ReadonlyMap<string, string>): Assignment {
  return { ...rest, replicas: replicas.map((replica) => replicaWithValues(replica, values)) };
}

function replicaWithValues({ secretEnv, files, env, ...rest }: StoredReplica, values: ReadonlyMap<string, string>): ReplicaSpec {
  const valueOf = (id: string): string => {
    const value = values.get(id);
    if (value === undefined) throw new UnavailableError('secret-gone', `The secret ${id} is gone.`);
    return value;
  };
  const secret = Object.fromEntries(Object.entries(secretEnv ?? {}).map(([name, id]) => [name, valueOf(id)]));
  return {
    ...rest,
    env: { ...env, ...secret },
    ...(files === undefined ? {} : { files: files.map(({ path, mode, ...from }) => ({ path, mode, content: 'secretId' in from ? Buffer.from(valueOf(from.secretId)).toString('base64') : from.content })) }),
  };
}
