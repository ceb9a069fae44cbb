// Identities of hosts: certificates, revocation, the way back, and machines that claim to be the same host.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { requireHost } from '../control/hosts.ts';
import { certificatesOfHost, listCertificates } from '../db/certificates.ts';
import { listHosts } from '../db/hosts.ts';
import { alarmById, listAlarms } from '../db/identity-alarms.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { answerIdentityAlarm } from '../fleet/alarms.ts';
import { agentUrlOf, joinLine } from '../fleet/join-command.ts';
import { makeRejoinToken, REVOKED, revokeHost } from '../fleet/revoke.ts';
import { Id, z } from './contract/common.ts';
import { Certificates, FleetAuthority, IdentityAlarm, IdentityAlarms, IdentityAnswer, JoinCommand, RejoinAsk, Revocation } from './contract/identities.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant, instantOrNull } from './show/show.ts';
import { showAlarm, showCertificate } from './show/identities.ts';

const byName = z.object({ name: z.string().min(1).max(63) });
const byId = z.object({ id: Id });
const authorityRoute = createRoute({ method: 'get', path: '/agents/identity', operationId: 'getFleetAuthority', summary: 'Which authority hosts trust, and how many have certificates', middleware: secured('read'), responses: { ...answer(200, 'As it is now', FleetAuthority), ...problems, ...unavailable } });
const certificatesRoute = createRoute({ method: 'get', path: '/hosts/{name}/certificates', operationId: 'listHostCertificates', summary: 'Every certificate of a host, the newest first', middleware: secured('read'), request: { params: byName }, responses: { ...answer(200, 'Also those that are refused', Certificates), ...problems, ...notFound } });
const renewRoute = createRoute({ method: 'post', path: '/hosts/{name}/renew', operationId: 'renewHostCertificate', summary: 'Have a host ask for a new certificate now, with a new key', middleware: secured('hosts.operate'), request: { params: byName }, responses: { 202: { description: 'It was told' }, ...problems, ...notFound, ...conflict } });
const revokeRoute = createRoute({ method: 'post', path: '/hosts/{name}/revoke', operationId: 'revokeHost', summary: "End a host's identity at once: its session, its certificates, its credential", middleware: secured('hosts.operate'), request: { params: byName, body: jsonBody(Revocation) }, responses: { ...answer(200, 'Its certificates, all refused', Certificates), ...problems, ...notFound } });
const rejoinRoute = createRoute({ method: 'post', path: '/hosts/{name}/rejoin', operationId: 'rejoinHost', summary: 'Make a one-time token with which the machine of this host joins again, as the same host', middleware: secured('hosts.join'), request: { params: byName, body: jsonBody(RejoinAsk) }, responses: { ...answer(201, 'The command, shown once', JoinCommand), ...problems, ...notFound, ...unavailable } });
const alarmsRoute = createRoute({ method: 'get', path: '/identity-alarms', operationId: 'listIdentityAlarms', summary: 'Machines that claimed to be a host which another machine is', middleware: secured('read'), responses: { ...answer(200, 'The newest first', IdentityAlarms), ...problems } });
const answerRoute = createRoute({ method: 'post', path: '/identity-alarms/{id}', operationId: 'answerIdentityAlarm', summary: 'Say which of the two machines is the host', middleware: secured('hosts.operate'), request: { params: byId, body: jsonBody(IdentityAnswer) }, responses: { ...answer(200, 'As it is now', IdentityAlarm), ...problems, ...notFound, ...conflict } });

/** `/agents/identity`, `/hosts/{name}/certificates|renew|revoke|rejoin`, `/identity-alarms`. */
export function identitiesApi(context: Context) {
  const { store, clock } = context;
  const certificates = async (name: string) => {
    const rows = await store.read(async (reader) => certificatesOfHost(reader, (await requireHost(reader, name)).id));
    return { items: rows.map((row, index) => showCertificate(row, index === 0, clock.now())), next: null };
  };
  return newApi()
    .openapi(authorityRoute, async (c) => c.json(await showAuthority(context), 200))
    .openapi(certificatesRoute, async (c) => c.json(await certificates(c.req.valid('param').name), 200))
    .openapi(renewRoute, async (c) => {
      const { name } = c.req.valid('param');
      const { id } = await store.read((reader) => requireHost(reader, name));
      if (context.config.agentTls === 'off') throw new ConflictError('tls-off', 'Hosts have no certificates here: FIRN_AGENT_TLS is off.');
      if (!context.connections.speaks(id, 'renew')) throw new ConflictError('host-cannot-renew', `${name} is not connected, or its agent is too old to ask for a certificate.`);
      context.connections.send(id, { type: 'certificate' });
      return c.body(null, 202);
    })
    .openapi(revokeRoute, async (c) => {
      const { name } = c.req.valid('param');
      await revokeHost(context, actor(c), name, c.req.valid('json').reason);
      return c.json(await certificates(name), 200);
    })
    .openapi(rejoinRoute, async (c) => {
      const { name } = c.req.valid('param');
      const { token, expiresAt, host } = await makeRejoinToken(context, actor(c), name, c.req.valid('json').expiresInSeconds);
      const line = await joinLine(context, token, `--name ${host.name} --address ${host.address} --uplink ${host.uplink} --again`);
      return c.json({ token, ...line, expiresAt: instant(expiresAt) }, 201);
    })
    .openapi(alarmsRoute, async (c) => c.json({ items: (await store.read(listAlarms)).map(showAlarm), next: null }, 200))
    .openapi(answerRoute, async (c) => {
      const { id } = c.req.valid('param');
      await answerIdentityAlarm(context, actor(c), id, c.req.valid('json'));
      const row = await store.read((reader) => alarmById(reader, id));
      if (row === undefined) throw new NotFoundError('alarm-unknown', `There is no alarm ${id}.`);
      return c.json(showAlarm(row), 200);
    });
}

async function showAuthority({ config, authority, store, clock }: Context): Promise<FleetAuthority> {
  const now = clock.now();
  const own = config.agentTls === 'off' ? null : await authority.own();
  const { hosts, rows, alarms } = await store.read(async (reader) => ({ hosts: await listHosts(reader), rows: await listCertificates(reader), alarms: await listAlarms(reader) }));
  const byHost = Map.groupBy(rows, ({ hostId }) => hostId);
  const stateOf = ({ id, credentialHash }: { readonly id: string; readonly credentialHash: string }) => {
    if (credentialHash === REVOKED) return 'revoked';
    const good = (byHost.get(id) ?? []).filter(({ revokedAt }) => revokedAt === null);
    return good.length === 0 ? 'withoutCertificate' : good.some(({ notAfter }) => notAfter > now) ? 'certified' : 'expired';
  };
  const count = (state: string) => hosts.filter((host) => stateOf(host) === state).length;
  return {
    tls: config.agentTls,
    caSha256: own?.sha256 ?? null,
    caNotAfter: own === null ? null : instant(own.notAfter),
    serverNames: [...authority.names()],
    serverNotAfter: instantOrNull(authority.serverNotAfter()),
    agentUrl: agentUrlOf(config),
    hosts: { certified: count('certified'), withoutCertificate: count('withoutCertificate'), expired: count('expired'), revoked: count('revoked'), alarms: alarms.filter(({ answeredAt }) => answeredAt === null).length },
  };
}
