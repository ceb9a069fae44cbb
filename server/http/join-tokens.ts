// One-time tokens for machines that shall become hosts. The token itself is shown once, with the command to run.
import { randomBytes } from 'node:crypto';
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { hashOf } from '../fleet/join.ts';
import { appendEvent } from '../db/events.ts';
import { deleteJoinToken, insertJoinToken, type JoinTokenRow, listJoinTokens } from '../db/join-tokens.ts';
import { networkByName } from '../db/networks.ts';
import { currentPolicy } from '../db/policies.ts';
import type { Tx } from '../db/store.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { joinLine } from '../fleet/join-command.ts';
import { Id, z } from './contract/common.ts';
import { type JoinToken, JoinTokenCreated, JoinTokenDraft, JoinTokens } from './contract/fleet.ts';
import { answer, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant } from './show/show.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/join-tokens',
  operationId: 'listJoinTokens',
  summary: 'Tokens for machines that shall join',
  middleware: secured('hosts.join'),
  responses: { ...answer(200, 'Newest first', JoinTokens), ...problems },
});
const createTokenRoute = createRoute({
  method: 'post',
  path: '/join-tokens',
  operationId: 'createJoinToken',
  summary: 'Make a one-time token for one machine',
  middleware: secured('hosts.join'),
  request: { body: jsonBody(JoinTokenDraft) },
  responses: { ...answer(201, 'The token, shown once', JoinTokenCreated), ...problems },
});
const removeRoute = createRoute({
  method: 'delete',
  path: '/join-tokens/{id}',
  operationId: 'deleteJoinToken',
  summary: 'Take a token back',
  middleware: secured('hosts.join'),
  request: { params: z.object({ id: Id }) },
  responses: { 204: { description: 'Nobody can join with it any more' }, ...problems, ...notFound },
});

/**
 * What weighs where nobody says anything else. A core without a hypervisor is the fastest, one of a cloud is half of a shared one; what is lost with the
 * machine below it, or taken away by whoever rents it out, fails more often than a machine of our own.
 */
const USUAL: Readonly<Record<JoinTokenRow['terms']['kind'], { readonly performance: number; readonly stability: number }>> = {
  physical: { performance: 70, stability: 70 },
  'private-vm': { performance: 60, stability: 65 },
  lxc: { performance: 65, stability: 55 },
  'cloud-vm': { performance: 50, stability: 45 },
};

function show({ id, terms, createdBy, createdAt, expiresAt, usedBy }: JoinTokenRow): z.infer<typeof JoinToken> {
  const { network, tunnel = false, ...rest } = terms;
  return { id, ...rest, tunnel, ...(network === undefined ? {} : { network }), createdBy, createdAt: instant(createdAt), expiresAt: instant(expiresAt), usedBy };
}

/** Said now rather than when a machine tries to join. */
async function refuseMisfits(tx: Tx, draft: z.output<typeof JoinTokenDraft>): Promise<void> {
  const invalid = (field: string, value: string | undefined, message: string, allowed: string) => new InvalidError('join-token-invalid', `${field}${value === undefined ? '' : ` is ${value}: it`} ${message} (allowed: ${allowed}).`, [{ field, value, message, allowed }]);
  if (draft.mode === 'routed' && draft.network !== undefined) throw invalid('network', draft.network, 'is not for a routed host, which brings its own range', 'leave it out');
  if (draft.mode === 'host' && draft.network !== undefined) throw invalid('network', draft.network, 'is not for a host whose containers share its own network', 'leave it out');
  if (draft.tunnel && draft.mode !== 'routed') throw invalid('tunnel', 'true', `is for routed hosts only, and mode is ${draft.mode}`, 'leave it out, or mode routed');
  if (draft.mode === 'flat') {
    if (draft.network === undefined) throw invalid('network', undefined, 'is needed for a flat host', 'the name of a flat network');
    const network = await networkByName(tx, draft.network);
    if (network === undefined || network.mode !== 'flat') throw invalid('network', draft.network, 'is not a flat network', 'the name of a flat network');
    if (network.site !== draft.site) throw invalid('site', draft.site, `is not the site of network ${network.name}`, network.site);
  }
  const known = Object.keys((await currentPolicy(tx)).record.environments);
  const unknown = draft.environments.find((each) => !known.includes(each));
  if (unknown !== undefined) throw invalid('environments', unknown, 'is not an environment', known.join(', '));
}

/** `/join-tokens`. */
export function joinTokensApi(context: Context) {
  const { store, ids, clock } = context;
  return newApi()
    .openapi(listRoute, async (c) => c.json({ items: (await store.read(listJoinTokens)).map(show), next: null }, 200))
    .openapi(createTokenRoute, async (c) => {
      const { expiresInSeconds, ...asked } = c.req.valid('json');
      const { performance = USUAL[asked.kind].performance, stability = USUAL[asked.kind].stability } = asked;
      const terms = { ...asked, performance, stability };
      const token = `firnjoin_${randomBytes(24).toString('base64url')}`;
      const now = clock.now();
      const row: JoinTokenRow = { id: ids.next(), tokenHash: hashOf(token), terms, createdBy: actor(c).name, createdAt: now, expiresAt: now + expiresInSeconds * 1000, usedBy: null };
      await store.tx(async (tx) => {
        await refuseMisfits(tx, c.req.valid('json'));
        await insertJoinToken(tx, row);
        await appendEvent(tx, { at: now, actor: row.createdBy, kind: 'join-token.created', subjectType: 'join-token', subjectId: row.id, subject: `${terms.kind} in ${terms.site}`, message: `${row.createdBy} made a token for a ${terms.kind} in ${terms.site}/${terms.rack}` });
      });
      const line = await joinLine(context, token, `--address ADDRESS --uplink eth0${terms.mode === 'routed' ? ' --container-cidr RANGE' : ''}`);
      return c.json({ ...show(row), token, ...line }, 201);
    })
    .openapi(removeRoute, async (c) => {
      const { id } = c.req.valid('param');
      await store.tx(async (tx) => {
        const row = await deleteJoinToken(tx, id);
        if (row === undefined) throw new NotFoundError('join-token-unknown', `There is no join token ${id}.`);
        await appendEvent(tx, { at: clock.now(), actor: actor(c).name, kind: 'join-token.deleted', subjectType: 'join-token', subjectId: id, subject: `${row.terms.kind} in ${row.terms.site}`, message: `${actor(c).name} took a join token back` });
      });
      return c.body(null, 204);
    });
}
