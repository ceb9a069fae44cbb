// A new version of the placement policy comes into force. Whether it may is weighed before, as a proposal; every version is kept.
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { currentPolicy, insertPolicy, type PolicyRow } from '../db/policies.ts';
import type { Tx } from '../db/store.ts';
import type { Actor } from '../requests/submit.ts';

/** Writes the next version, with its event. @returns what counts from now on, and the version that counted before */
export async function enactPolicy({ clock }: Context, tx: Tx, actor: Actor, record: PolicyRow['record'], why: string): Promise<{ readonly version: number; readonly before: number }> {
  const { version: before } = await currentPolicy(tx);
  const row: PolicyRow = { version: before + 1, record, createdBy: actor.name, createdAt: clock.now(), why };
  await insertPolicy(tx, row);
  await appendEvent(tx, { at: row.createdAt, actor: actor.name, kind: 'policy.changed', subjectType: 'policy', subjectId: String(row.version), subject: `policy ${row.version}`, message: `${actor.name} changed the placement policy to version ${row.version}`, why });
  return { version: row.version, before };
}
