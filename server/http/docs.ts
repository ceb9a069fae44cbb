// The API's own description: one OpenAPI document from the schemas that check the calls, and Swagger UI over it, offline.
// What every operation has in common (who may call it, how one signs in) is filled in here from the routes' declarations.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { staticFiles } from './console.ts';
import { declaredBy, publicRoute, type ApiEnv, type Declared } from './secured.ts';

type Document = ReturnType<OpenAPIHono<ApiEnv>['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>;

export interface DeclaredRoute {
  readonly method: string;
  /** `/api/v1/hosts/{name}`. */
  readonly path: string;
  /** Undefined: nothing on this path and method says who may call it. */
  readonly declares: Declared | undefined;
}

/** Every mounted route with what it declares; middleware for all methods (`ALL`) is not a route. */
export function declaredRoutes(app: Hono<ApiEnv>): DeclaredRoute[] {
  const routes = new Map<string, DeclaredRoute>();
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL') continue;
    const open = path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}');
    const key = `${method} ${open}`;
    routes.set(key, { method, path: open, declares: routes.get(key)?.declares ?? declaredBy(handler) });
  }
  return [...routes.values()];
}

/** The document of everything that is mounted on `app`. `version` is the product's. */
export function openApiDocument(app: OpenAPIHono<ApiEnv>, version: string): Document {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer', description: 'An API token: `firn_<id>_<secret>`' });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', { type: 'apiKey', in: 'cookie', name: 'firn-session', description: 'Set by signing in' });
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Firn',
      version,
      description: 'Teams ask for capacity in queries per second; containers of the right size answer. Errors are `application/problem+json` (RFC 9457).',
      license: { name: 'GPL-3.0-or-later', url: 'https://www.gnu.org/licenses/gpl-3.0.html' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
  });
  const declares = new Map(declaredRoutes(app).map((route) => [`${route.method} ${route.path}`, route.declares]));
  const tags = new Set<string>();
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = item[method];
      if (operation !== undefined) for (const tag of describe(operation, method, path, declares.get(`${method.toUpperCase()} ${path}`))) tags.add(tag);
    }
  }
  document.tags = [...tags].sort().map((name) => ({ name, description: TAGS[name] ?? `What concerns ${name}` }));
  return document;
}

const TAGS: Readonly<Record<string, string>> = {
  accounts: 'Signing in, users, teams and API tokens',
  requests: 'Asking for capacity: quotes, requests and their decisions',
  services: 'What runs',
  hosts: 'Where it runs',
  plans: 'How the desired state changes, and why',
  events: 'What happened, when and why',
};

/** Fills in what the route did not say; returns its tags. */
function describe(operation: Operation, method: string, path: string, declares: Declared | undefined): string[] {
  const words = path.replace('/api/v1/', '').split('/').filter((part) => part !== '');
  const named = words.map((part) => (part.startsWith('{') ? `by-${part.slice(1, -1)}` : part));
  operation.operationId ??= camel([method, ...named]);
  operation.summary ??= `${method.toUpperCase()} ${words.join(' ')}`;
  operation.tags ??= [TAG_OF[words[0] ?? ''] ?? words[0] ?? 'server'];
  if (declares === 'public') operation.security = [];
  const who = declares === undefined ? '' : `Who may: ${WHO[declares] ?? `\`${declares}\``}.`;
  operation.description = [operation.description, who].filter((part) => part !== undefined && part !== '').join('\n\n');
  return operation.tags;
}

const WHO: Readonly<Record<string, string>> = { public: 'anybody', any: 'whoever is signed in', session: 'a signed-in person, not a token' };
const TAG_OF: Readonly<Record<string, string>> = {
  auth: 'accounts',
  me: 'accounts',
  users: 'accounts',
  teams: 'accounts',
  tokens: 'accounts',
  workloads: 'services',
  'join-tokens': 'hosts',
  networks: 'hosts',
  addresses: 'hosts',
  usage: 'hosts',
  quotas: 'requests',
  policy: 'plans',
  proposals: 'plans',
  simulate: 'plans',
  proof: 'plans',
  survival: 'plans',
  frontier: 'plans',
  pools: 'hosts',
  live: 'events',
};
const camel = (words: readonly string[]): string =>
  words
    .flatMap((word) => word.split('-'))
    .map((word, index) => (index === 0 ? word : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join('');

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Firn API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`;
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n`;
const FILES: readonly string[] = ['swagger-ui.css', 'swagger-ui-bundle.js'];
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Mounts `/openapi.json` and `/docs` on an app whose resources are mounted already. */
export function mountDocs(app: OpenAPIHono<ApiEnv>): void {
  let document: string | undefined;
  app.get('/openapi.json', publicRoute(), (c) => {
    document ??= JSON.stringify(openApiDocument(app, productVersion()));
    return c.body(document, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
  });
  app.get('/docs', publicRoute(), (c) => c.body(PAGE, 200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CSP }));
  app.get('/docs/start.js', publicRoute(), (c) => c.body(START, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  const swagger = staticFiles(dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')), () => CSP);
  app.get('/docs/:file', publicRoute(), async (c) => {
    const name = c.req.param('file');
    return (FILES.includes(name) ? await swagger.file(name, c.req.raw.headers) : null) ?? c.notFound();
  });
}

let version: string | undefined;
/** The version that package.json states. */
export function productVersion(): string {
  version ??= String((JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: unknown }).version);
  return version;
}
