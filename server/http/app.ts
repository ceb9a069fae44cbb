// The two HTTP apps: one for people, programs and the console, one for agents. The order of what a call passes, the
// resources it may reach, and one place where errors become answers. No route lives here but the few that have no resource.
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import type { Context } from '../context.ts';
import { countUsers } from '../db/accounts.ts';
import { ForbiddenError } from '../errors.ts';
import { addressesApi } from './addresses.ts';
import { accountsApi } from './accounts.ts';
import { agentsApi } from './agents.ts';
import { autoscaleApi } from './autoscale.ts';
import { authenticate, isBearer, remoteAddress } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { buildsApi } from './builds.ts';
import { burstApi } from './burst.ts';
import { staticFiles } from './console.ts';
import { decisionsApi } from './decisions.ts';
import { mountDocs } from './docs.ts';
import { eventsApi } from './events.ts';
import { logsApi } from './logs.ts';
import { marketApi } from './market.ts';
import { signalsApi } from './signals.ts';
import { drillsApi } from './drills.ts';
import { freezesApi } from './freezes.ts';
import { orphansApi } from './orphans.ts';
import { hostsApi } from './hosts.ts';
import { identitiesApi } from './identities.ts';
import { insightApi } from './insight.ts';
import { joinTokensApi } from './join-tokens.ts';
import { layersApi, LAYERS_PATH, TAR } from './layers.ts';
import { DEFAULT_LIMITS, makeLimiter, type Limiter, type Limits } from './limits.ts';
import { liveApi } from './live.ts';
import { maintenanceApi } from './maintenance.ts';
import { metricsApi, metricsTextApi } from './metrics.ts';
import { dnsApi, namesApi } from './names.ts';
import { networksApi } from './networks.ts';
import { plansApi } from './plans.ts';
import { policyApi } from './policy.ts';
import { poolsApi } from './pools.ts';
import { newApi, onNotFound, onProblem } from './problem.ts';
import { prometheusApi } from './prometheus.ts';
import { proposalsApi } from './proposals.ts';
import { provisionersApi } from './provisioners.ts';
import { quotasApi } from './quotas.ts';
import { releasesApi } from './releases.ts';
import { registryApi } from './registry.ts';
import { requestsApi } from './requests.ts';
import { secretsApi } from './secrets.ts';
import { rolloutsApi } from './rollouts.ts';
import { publicRoute, type ApiEnv } from './secured.ts';
import { servicesApi } from './services.ts';
import { shellApi } from './shell.ts';
import { shiftsApi } from './shifts.ts';
import { signInApi } from './sign-in.ts';
import { sitesApi } from './sites.ts';
import { storyApi } from './story.ts';
import { statusApi } from './status.ts';
import { tokensApi } from './tokens.ts';
import { upgradesApi } from './upgrades.ts';
import { usageApi } from './usage.ts';
import { verdictsApi } from './verdicts.ts';
import { webhooksApi } from './webhooks.ts';

/** Larger than any draft or policy, small enough to be harmless. */
const MOST_BODY_BYTES = 1_048_576;

/** Nothing may be loaded from elsewhere or framed; style attributes are let through, style elements are not. */
const consoleCsp = (scriptSources: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src ${["'self'", ...scriptSources].join(' ')}`,
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The app of the console and the API. `limits` may be loosened by tests and benchmarks. */
export function createApp(context: Context, limits: Partial<Limits> = {}): OpenAPIHono<ApiEnv> {
  const limiter = makeLimiter({ ...DEFAULT_LIMITS, ...limits });
  const app = base(context);
  app.use(compressFarAway);
  app.get('/healthz', publicRoute(), (c) => c.text('ok\n'));
  app.get('/readyz', publicRoute(), async (c) => {
    await context.store.read(countUsers);
    return c.text('ready\n');
  });
  app.use('/api/*', sameSite, identify(context, limiter), neverStored);
  const resources = [
    signInApi(context, limiter),
    accountsApi(context),
    tokensApi(context),
    statusApi(context),
    requestsApi(context),
    servicesApi(context),
    hostsApi(context),
    identitiesApi(context),
    upgradesApi(context),
    maintenanceApi(context),
    storyApi(context),
    verdictsApi(context),
    networksApi(context),
    orphansApi(context),
    addressesApi(context),
    joinTokensApi(context),
    plansApi(context),
    quotasApi(context),
    eventsApi(context),
    liveApi(context),
    policyApi(context),
    proposalsApi(context),
    insightApi(context),
    poolsApi(context),
    buildsApi(context),
    layersApi(context),
    registryApi(context),
    rolloutsApi(context),
    usageApi(context),
    releasesApi(context),
    secretsApi(context),
    freezesApi(context),
    marketApi(context),
    drillsApi(context),
    autoscaleApi(context),
    decisionsApi(context),
    signalsApi(context, limiter),
    webhooksApi(context),
    burstApi(context),
    provisionersApi(context),
    metricsApi(context, limiter),
    prometheusApi(context),
    sitesApi(context),
    namesApi(context),
    shiftsApi(context),
    logsApi(context),
    shellApi(context),
  ];
  for (const resource of resources) app.route('/api/v1', resource);
  if (!context.config.metricsOpen) app.use('/metrics', identify(context, limiter));
  app.route('/', metricsTextApi(context));
  app.route('/', dnsApi(context));
  app.get('/api/*', publicRoute(), onNotFound);
  mountDocs(app);
  if (context.config.consoleDir !== null) mountConsole(app, context.config.consoleDir);
  return app;
}

/** The app of the agents' listener: joining and the agents' connection, nothing else. */
export function createAgentApp(context: Context): OpenAPIHono<ApiEnv> {
  const app = base(context);
  app.route('/', agentsApi(context));
  return app;
}

function base(context: Context): OpenAPIHono<ApiEnv> {
  const app = newApi();
  app.onError(onProblem((error, requestId) => context.log.error({ err: error, requestId }, 'http.failed')));
  app.notFound(onNotFound);
  app.use(requestId({ limitLength: 64, generator: () => context.ids.next() }));
  app.use(secureHeaders({ xFrameOptions: 'DENY', referrerPolicy: 'same-origin', strictTransportSecurity: context.config.https ? 'max-age=15552000' : false, originAgentCluster: false }));
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('content-security-policy')) c.res.headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  });
  app.use(limitBodies);
  return app;
}

const limitOthers = limitBody(MOST_BODY_BYTES);
/** The folder of a layer may be large: its route counts bytes on their way to the disk. */
const limitBodies: MiddlewareHandler<ApiEnv> = (c, next) => (c.req.method === 'POST' && c.req.path === LAYERS_PATH && c.req.header('content-type')?.split(';')[0] === TAR ? next() : limitOthers(c, next));

/**
 * A page of another site cannot act with a signed-in person's cookie: browsers say where a call comes from.
 * Calls with a token need no cookie, and programs do not say; neither can be forged by a page.
 */
const sameSite: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (!/^(GET|HEAD|OPTIONS)$/.test(c.req.method) && !isBearer(c.req.header('authorization'))) {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin');
    const foreign = (site !== undefined && site !== 'same-origin' && site !== 'none') || (origin !== undefined && hostOf(origin) !== (c.req.header('host') ?? new URL(c.req.url).host));
    if (foreign) throw new ForbiddenError('cross-site', 'This call comes from a page of another site.');
  }
  await next();
};

const compressing = compress();
/** Squeezing costs more than it saves where nothing travels; a proxy on this machine does it for its own clients. */
const compressFarAway: MiddlewareHandler<ApiEnv> = (c, next) => (/^(local|::1|(::ffff:)?127\..*)$/.test(remoteAddress(c)) ? next() : compressing(c, next));

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** Finds out who calls, and counts the call: by session or token, and by address where there is neither or a wrong one. */
function identify(context: Context, limiter: Limiter): MiddlewareHandler<ApiEnv> {
  const find = authenticate(context);
  return async (c, next) => {
    try {
      await find(c);
    } catch (error) {
      await limiter.call(remoteAddress(c));
      throw error;
    }
    await limiter.call(c.get('credential')?.id ?? remoteAddress(c));
    await next();
  };
}

const neverStored: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
};

/** Files by name, and the page for every path that asks for HTML; a missing picture is a 404 and not a page. */
function mountConsole(app: OpenAPIHono<ApiEnv>, folder: string): void {
  const files = staticFiles(folder, consoleCsp);
  app.get('*', publicRoute(), async (c) => {
    const file = await files.file(c.req.path, c.req.raw.headers);
    if (file !== null) return file;
    const asksForPage = !/\.[a-z0-9]{1,8}$/i.test(c.req.path) && !c.req.path.startsWith('/assets/');
    return asksForPage ? files.page(c.req.raw.headers) : c.notFound();
  });
}
