// Asking for a build: checked, noted, and waiting for a builder; or answered at once by the image of an earlier build that nothing distinguishes.
import type { Context } from '../context.ts';
import { teamByName } from '../db/accounts.ts';
import { type BuildAsk as StoredAsk, type BuildRow, countOpenBuilds, insertBuild } from '../db/builds.ts';
import { appendEvent } from '../db/events.ts';
import { newestSecret } from '../db/secrets.ts';
import type { Reader } from '../db/store.ts';
import { serviceByName } from '../db/workloads.ts';
import { InvalidError, TooManyError, UnavailableError } from '../errors.ts';
import type { BuildAsk } from '../http/contract/releases.ts';
import { layersNow } from './orders.ts';
import { checkSource } from './rules.ts';
import { earlierBuild, hasImage, takenOver } from './earlier.ts';
import type { Actor } from '../requests/submit.ts';

/** More than anybody waits for. */
const MOST_OPEN_BUILDS = 200;
const COMMIT = /^[0-9a-f]{40}$/;

type ServiceAsk = Extract<StoredAsk, { kind: 'service' }>;

/**
 * Notes a build of a service, which a builder takes soon.
 * @returns its row: queued, or succeeded at once where the same commit on the same layers was built before
 * @throws InvalidError field by field, TooManyError when too many wait already
 */
export async function askBuild(context: Context, actor: Actor, ask: BuildAsk): Promise<BuildRow> {
  const { store, ids, clock, loops, registry } = context;
  checkSource(ask);
  if (registry.kind === 'none') throw new UnavailableError('registry-absent', registry.now.reason ?? 'There is no registry.');
  const { stored, layers, earlier } = await store.read(async (reader) => {
    const stored = await checkedAsk(reader, ask);
    const layers = await layersNow(reader);
    return { stored, layers, earlier: ask.noCache || !COMMIT.test(ask.ref) ? undefined : await earlierBuild(reader, { team: ask.team, ask: stored, commit: ask.ref, layers }) };
  });
  // Asked outside of the transaction: the registry may take its time.
  const taken = earlier !== undefined && (await hasImage(context, earlier)) ? earlier : undefined;
  return await store.tx(async (tx) => {
    if ((await countOpenBuilds(tx)) >= MOST_OPEN_BUILDS) throw new TooManyError('builds-full', `${MOST_OPEN_BUILDS} builds wait or run already: try again when some have ended.`, 60);
    const now = clock.now();
    const row: BuildRow = {
      id: ids.next(),
      team: ask.team,
      subject: ask.service,
      ask: stored,
      state: 'queued',
      phase: 'waiting',
      reason: 'waits for a builder',
      attempt: 0,
      hostId: null,
      host: null,
      layers,
      key: null,
      cachedFrom: null,
      result: null,
      seconds: null,
      logBytes: 0,
      createdBy: actor.name,
      createdAt: now,
      startedAt: null,
      endedAt: null,
      ...(taken === undefined ? {} : takenOver(taken, now)),
    };
    await insertBuild(tx, row);
    const what = `${ask.service} at ${ask.ref}`;
    const message = taken === undefined ? `${actor.name} asked for a build of ${what}` : `${actor.name} asked for a build of ${what}: nothing that decides it changed since build ${taken.id}, whose image it is`;
    await appendEvent(tx, { at: now, actor: actor.name, kind: taken === undefined ? 'build.asked' : 'build.succeeded', subjectType: 'build', subjectId: row.id, subject: ask.service, team: ask.team, message });
    tx.afterCommit(() => loops.wake('builds'));
    return row;
  });
}

/** @throws InvalidError */
async function checkedAsk(reader: Reader, { team, service, url, ref, path, network, noCache, secrets, credentials }: BuildAsk): Promise<ServiceAsk> {
  if ((await teamByName(reader, team)) === undefined) throw unknown('team-unknown', 'team', team, 'is no team');
  const known = await serviceByName(reader, service);
  if (known !== undefined && known.team !== team) throw unknown('service-of-another-team', 'service', service, `is a service of team ${known.team}`);
  const idOf = async (name: string, field: string): Promise<string> => {
    const secret = await newestSecret(reader, { team, workloadId: null }, name);
    if (secret === undefined || secret.retiredAt !== null) throw unknown('secret-unknown', field, name, `is no secret of team ${team} as a whole (firn secret set ${name} --team ${team})`);
    return secret.id;
  };
  const secretIds: Record<string, string> = {};
  for (const [index, name] of secrets.entries()) secretIds[name] = await idOf(name, `secrets.${index}`);
  return { kind: 'service', service, url, ref, path: path.replace(/^\.\/?|\/+$/g, ''), network, noCache, secretIds, ...(credentials === undefined ? {} : { credentialsId: await idOf(credentials, 'credentials') }) };
}

const unknown = (code: string, field: string, value: string, what: string) => new InvalidError(code, `${field} is ${JSON.stringify(value)}: it ${what}.`, [{ field, value, message: what }]);
