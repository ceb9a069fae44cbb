// Burst into the cloud: the whole at a glance, rules, proposals, buying and letting go, VMs, the ledger, warm room. Each handler is one call.
import { createRoute } from '@hono/zod-openapi';
import { ledgerOf } from '../burst/ledger.ts';
import { overviewOf } from '../burst/overview.ts';
import { decideProposal } from '../burst/proposals.ts';
import { purchaseOf } from '../burst/proposals.ts';
import { readRules, type Rules, setRules } from '../burst/rules.ts';
import { readHooks } from '../burst/hooks.ts';
import { said } from '#scheduler/said.ts';
import { paidUntil } from '#scheduler/burst/charges.ts';
import { lookAt, readAll } from '../burst/look.ts';
import { actOnVm, buyNow, destroyStranger, retreatNow } from '../burst/verbs.ts';
import { expectedRetreat, windowOf, comesBackAt } from '../burst/vm-of.ts';
import type { Context } from '../context.ts';
import { burstProposalById, listBurstProposals } from '../db/burst.ts';
import { type BurstVmRow, chargesOfVms, findVm, historyOf, listVms, vmsOut } from '../db/burst-vms.ts';
import { listHosts } from '../db/hosts.ts';
import { NotFoundError } from '../errors.ts';
import { BurstBuyAnswer, BurstBuyAsk, BurstDecision, BurstLedger, BurstLedgerQuery, BurstOverview, BurstProposals, BurstProposalState, BurstProposalView, BurstRetreatAnswer, BurstRetreatAsk, BurstSettings, BurstSettingsView, BurstVmDetail, BurstVms, BurstVmVerb, WarmRoom } from './contract/burst.ts';
import { Id, ListQuery, z } from './contract/common.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { type Actor, actor, secured } from './secured.ts';
import { instant, instantOrNull } from './show/show.ts';
import { showProposal, showSaid, showVm, showVmDetail, showWarmRoom, type VmShown } from './show/burst.ts';

const MANAGE = 'burst.manage';
const overviewRoute = createRoute({ method: 'get', path: '/burst', operationId: 'getBurst', summary: 'Money, VMs that are out, proposals, alerts, warm room', middleware: secured('read'), responses: { ...answer(200, 'As it is now', BurstOverview), ...problems, ...unavailable } });
const settingsRoute = createRoute({ method: 'get', path: '/burst/settings', operationId: 'getBurstSettings', summary: 'The rules of bursting', middleware: secured('read'), responses: { ...answer(200, 'The newest version', BurstSettingsView), ...problems } });
const setRoute = createRoute({ method: 'put', path: '/burst/settings', operationId: 'setBurstSettings', summary: 'Write the rules anew', middleware: secured(MANAGE), request: { body: jsonBody(BurstSettings) }, responses: { ...answer(200, 'As they are now', BurstSettingsView), ...problems } });
const proposalsRoute = createRoute({ method: 'get', path: '/burst/proposals', operationId: 'listBurstProposals', summary: 'Proposals to buy, newest first', middleware: secured('read'), request: { query: z.object({ state: BurstProposalState.optional(), limit: z.coerce.number().int().min(1).max(1000).default(50) }) }, responses: { ...answer(200, 'Newest first', BurstProposals), ...problems } });
const decideRoute = createRoute({ method: 'post', path: '/burst/proposals/{id}', operationId: 'decideBurstProposal', summary: 'Approve or dismiss a proposal', middleware: secured(MANAGE), request: { params: z.object({ id: Id }), body: jsonBody(BurstDecision) }, responses: { ...answer(200, 'As it is now', BurstProposalView), ...problems, ...notFound, ...conflict } });
const buyRoute = createRoute({ method: 'post', path: '/burst/buy', operationId: 'buyBurst', summary: 'Buy now, within the caps: the cheapest that is needed, or a mix; or only say what it would be', middleware: secured(MANAGE), request: { body: jsonBody(BurstBuyAsk) }, responses: { ...answer(200, 'What was bought, or would be', BurstBuyAnswer), ...problems, ...conflict, ...unavailable } });
const retreatRoute = createRoute({ method: 'post', path: '/burst/retreat', operationId: 'retreatBurst', summary: 'Let VMs go now, in order, as far as everything fits without them; or only say which', middleware: secured(MANAGE), request: { body: jsonBody(BurstRetreatAsk) }, responses: { ...answer(200, 'Who goes and who stays', BurstRetreatAnswer), ...problems, ...notFound, ...unavailable } });
const vmsRoute = createRoute({ method: 'get', path: '/burst/vms', operationId: 'listBurstVms', summary: 'VMs, newest first', middleware: secured('read'), request: { query: ListQuery.extend({ state: z.enum(['out', 'all']).default('all') }) }, responses: { ...answer(200, 'Newest first', BurstVms), ...problems } });
const vmRoute = createRoute({ method: 'get', path: '/burst/vms/{id}', operationId: 'getBurstVm', summary: 'One VM with its history and what was paid', middleware: secured('read'), request: { params: z.object({ id: Id }) }, responses: { ...answer(200, 'The VM', BurstVmDetail), ...problems, ...notFound } });
const actRoute = createRoute({ method: 'post', path: '/burst/vms/{id}', operationId: 'actOnBurstVm', summary: 'Let a VM go, keep it, or abandon it', middleware: secured(MANAGE), request: { params: z.object({ id: Id }), body: jsonBody(BurstVmVerb) }, responses: { ...answer(200, 'As it is now', BurstVmDetail), ...problems, ...notFound, ...conflict } });
const ledgerRoute = createRoute({ method: 'get', path: '/burst/ledger', operationId: 'getBurstLedger', summary: 'What was bought, predicted and paid; this month unless told', middleware: secured('read'), request: { query: BurstLedgerQuery }, responses: { ...answer(200, 'The ledger', BurstLedger), ...problems } });
const warmRoute = createRoute({ method: 'get', path: '/burst/warm-room', operationId: 'getWarmRoom', summary: 'How much starts in seconds, what more would need, and what it costs', middleware: secured('read'), responses: { ...answer(200, 'Now', WarmRoom), ...problems, ...unavailable } });
const strangerRoute = createRoute({ method: 'delete', path: '/burst/strangers/{id}', operationId: 'destroyBurstStranger', summary: 'Have a machine taken away that nothing here knows', middleware: secured(MANAGE), request: { params: z.object({ id: z.string().min(1).max(200) }) }, responses: { 204: { description: 'Its hook says that it goes' }, ...problems, ...notFound, ...unavailable } });

const refusalOf = (who: Actor): string | null => (who.can(MANAGE) ? null : 'only an SRE or an administrator may');

/** `/burst`, without provisioners. */
export function burstApi(context: Context) {
  const { store, clock } = context;
  return newApi()
    .openapi(overviewRoute, async (c) => c.json(await showOverview(context, actor(c)), 200))
    .openapi(settingsRoute, async (c) => c.json(await showRules(context, actor(c), await store.read(readRules)), 200))
    .openapi(setRoute, async (c) => c.json(await showRules(context, actor(c), await setRules(context, actor(c), c.req.valid('json'))), 200))
    .openapi(proposalsRoute, async (c) => {
      const { state, limit } = c.req.valid('query');
      const { rows, vms } = await store.read(async (reader) => ({ rows: await listBurstProposals(reader, state ?? null, limit), vms: await listVms(reader, { limit: 1_000 }) }));
      return c.json({ items: rows.map((row) => showProposal(row, vms, refusalOf(actor(c)))), next: null }, 200);
    })
    .openapi(decideRoute, async (c) => {
      const { id } = c.req.valid('param');
      const { verb, note } = c.req.valid('json');
      const vms = await decideProposal(context, actor(c), id, verb, note);
      const row = await store.read((reader) => burstProposalById(reader, id));
      return c.json(showProposal(row!, vms, refusalOf(actor(c))), 200);
    })
    .openapi(buyRoute, async (c) => {
      const ask = c.req.valid('json');
      const { purchase, sentence, vms } = await buyNow(context, actor(c), ask);
      const { settings } = (await store.read(readRules));
      const now = clock.now();
      const state = ask.dryRun || vms.length === 0 ? said('dry-run', {}, 'Nothing was bought') : said('approved', { by: actor(c).name }, '{by} bought it');
      const proposal = purchase === null ? null : showProposal({ id: 'now', state: 'open', stateReason: showSaid(state), purchase: purchaseOf(purchase, expectedRetreat(settings, context.market.years(), now)), createdAt: now, decidedBy: null, decidedAt: null }, vms, refusalOf(actor(c)));
      return c.json({ dryRun: ask.dryRun, proposal, sentence: showSaid(sentence), vms: await showRows(context, actor(c), vms) }, 200);
    })
    .openapi(retreatRoute, async (c) => {
      const ask = c.req.valid('json');
      const { steps, sentence } = await retreatNow(context, actor(c), ask);
      const counts = await replicaCounts(context);
      const shown = steps.map(({ rank, goes, reason, row }) => ({ rank, vm: row.name, state: row.state, replicas: counts.get(row.hostId ?? '') ?? 0, goes, reason: showSaid(reason), costCentsPerHour: row.terms.costCentsPerHour, paidUntil: instantOrNull(paidUntil(row, clock.now())) }));
      return c.json({ dryRun: ask.dryRun, steps: shown, savesCentsPerHour: shown.reduce((sum, { goes, costCentsPerHour }) => sum + (goes ? costCentsPerHour : 0), 0), sentence: showSaid(sentence) }, 200);
    })
    .openapi(vmsRoute, async (c) => {
      const { state, limit, after } = c.req.valid('query');
      const rows = await store.read(async (reader) => (state === 'out' ? (await vmsOut(reader)).toReversed() : await listVms(reader, { limit, before: after })));
      return c.json({ items: await showRows(context, actor(c), rows), next: state === 'all' && rows.length === limit ? rows.at(-1)!.id : null }, 200);
    })
    .openapi(vmRoute, async (c) => c.json(await showOne(context, actor(c), c.req.valid('param').id), 200))
    .openapi(actRoute, async (c) => {
      const { id } = await actOnVm(context, actor(c), c.req.valid('param').id, c.req.valid('json'));
      return c.json(await showOne(context, actor(c), id), 200);
    })
    .openapi(ledgerRoute, async (c) => {
      const { rules, from, to, totals, days, items, next } = await ledgerOf(context, c.req.valid('query'));
      const now = clock.now();
      const shown = items.map(({ row, actualCents }) => ({ vmId: row.id, vm: row.name, pool: row.pool, state: row.state, why: row.why, forWorkloads: row.forWorkloads, boughtBy: row.boughtBy, askedAt: instant(row.askedAt), endedAt: instantOrNull(row.endedAt), comesBackAt: instantOrNull(comesBackAt(row, rules.settings, context.market.years(), now)), paidUntil: instantOrNull(paidUntil(row, now)), costCentsPerHour: row.terms.costCentsPerHour, predictedCents: row.predictedCents, actualCents }));
      return c.json({ from: instant(from), to: instant(to), totals: { ...totals }, days: days.map((day) => ({ ...day })), items: shown, next }, 200);
    })
    .openapi(warmRoute, async (c) => {
      const reading = await readAll(context);
      const { answer: found } = await lookAt(context, reading, { urgent: true });
      return c.json(showWarmRoom(reading.snapshot, found), 200);
    })
    .openapi(strangerRoute, async (c) => {
      await destroyStranger(context, actor(c), c.req.valid('param').id);
      return c.body(null, 204);
    });
}

async function showOverview(context: Context, who: Actor): Promise<z.infer<typeof BurstOverview>> {
  const { reading, look, spend, out, ranks, proposals, recent, alerts, status, retreat } = await overviewOf(context);
  const { settings } = reading.rules;
  const shown = await shownFor(context, who, settings, ranks);
  const hour = { predictedCents: spend.hourCents, actualCents: spend.hourCents, promisedCents: 0, capCents: settings.capCentsPerHour };
  return {
    mode: settings.mode,
    status: showSaid(status),
    spend: { hour, today: { ...spend.today, capCents: settings.capCentsPerDay }, month: { ...spend.month, capCents: null } },
    out: out.map((row) => showVm(row, shown)),
    proposals: proposals.map((row) => showProposal(row, recent, refusalOf(who))),
    alerts: alerts.map(({ severity, since, ...what }) => ({ ...showSaid(what), severity, since: instant(since) })),
    strangers: [...context.burst.strangers.values()].map(({ hook, providerId, name, address, firstSeenAt }) => ({ hook, providerId, name, address, firstSeenAt: instant(firstSeenAt), reason: showSaid(said('stranger', { hook }, 'Hook {hook} lists it with this cluster’s mark, and nothing here knows it')) })),
    warmRoom: showWarmRoom(reading.snapshot, look.answer),
    retreat: { from: instantOrNull(retreat.from), reason: showSaid(retreat.reason) },
    mayManage: refusalOf(who) === null,
    whyNotManage: refusalOf(who),
  };
}

async function showRules({ config, clock, market }: Context, who: Actor, { settings, version, changedBy, changedAt }: Rules): Promise<z.infer<typeof BurstSettingsView>> {
  const hooks = await readHooks(config.provisioners);
  const warnings = [
    ...(settings.mode !== 'off' && (settings.capCentsPerHour === 0 || settings.capCentsPerDay === 0) ? [said('cap-zero', {}, 'A cap is 0: nothing is ever bought')] : []),
    ...(settings.mode !== 'off' && hooks.items.length === 0 ? [said('no-hooks', {}, hooks.problem ?? 'The server is configured with no hooks: FIRN_PROVISIONERS names none')] : []),
    ...(windowOf(settings, market.years(), clock.now()).isUnknownYear ? [said('unknown-year', { market: settings.retreat.market ?? '' }, 'No calendar knows this year of {market}')] : []),
  ];
  return { settings, version, changedBy, changedAt: instantOrNull(changedAt), mayManage: refusalOf(who) === null, warnings: warnings.map(showSaid) };
}

async function showRows(context: Context, who: Actor, rows: readonly BurstVmRow[]) {
  const { settings } = await context.store.read(readRules);
  const shown = await shownFor(context, who, settings);
  return rows.map((row) => showVm(row, shown));
}

async function showOne(context: Context, who: Actor, named: string) {
  const { store } = context;
  const row = await store.read((reader) => findVm(reader, named));
  if (row === undefined) throw new NotFoundError('burst-vm-unknown', `There is no VM ${named}.`);
  const { settings, history, charges } = await store.read(async (reader) => ({ settings: (await readRules(reader)).settings, history: await historyOf(reader, row.id), charges: await chargesOfVms(reader, [row.id]) }));
  return showVmDetail(row, await shownFor(context, who, settings), history, charges);
}

async function shownFor(context: Context, who: Actor, settings: z.output<typeof BurstSettings>, ranks?: ReadonlyMap<string, number>): Promise<VmShown> {
  const hosts = new Map((await context.store.read(listHosts)).map(({ id, name }) => [id, name]));
  return { settings, years: context.market.years(), now: context.clock.now(), hosts, replicas: await replicaCounts(context), ranks: ranks ?? new Map(context.burst.look?.answer.retreat.map(({ vmId, rank }) => [vmId, rank]) ?? []), refusal: refusalOf(who) };
}

async function replicaCounts({ present }: Context): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { hostId } of (await present.read()).snapshot.replicas) if (hostId !== null) counts.set(hostId, (counts.get(hostId) ?? 0) + 1);
  return counts;
}
