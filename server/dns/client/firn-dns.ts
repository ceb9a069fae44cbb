// HTTP DNS for services: addresses of a name, kept for their TTL and asked for again before it ends, so that a call hardly ever waits. While no server
// answers, the last known good answer goes on; without one, ordinary DNS is asked. No dependency: copy this file, or import it.
/** `fresh`; `kept`: older than its TTL, since no server answered; `dns`: from ordinary DNS. */
export type Found = { readonly addresses: readonly string[]; readonly port: number; readonly source: 'fresh' | 'kept' | 'dns' };
/** Servers: base URLs of HTTP DNS listeners, tried in turn. Fallback: how ordinary DNS is asked (`dns.promises.resolve4` of Node); it says no port. */
type Options = { readonly servers: readonly string[]; readonly fallback?: (name: string) => Promise<readonly string[]>; readonly fallbackPort?: number; readonly timeoutMs?: number; readonly now?: () => number };
/** `unknown`: a server says that there is no such name, or no address of it; `unreachable`: none answered. */
export class FirnDnsError extends Error {
  code: 'unknown' | 'unreachable' = 'unreachable';
}
/** Asked again when so much of the TTL is over, and after a failure no sooner than this. */
const [REFRESH_SHARE, RETRY_MS] = [0.75, 2_000];
export class FirnDns {
  readonly #options: Options;
  readonly #kept = new Map<string, { readonly found: Found; readonly refreshAt: number; readonly until: number }>();
  readonly #asking = new Map<string, Promise<Found>>();
  constructor(options: Options) {
    this.#options = options;
  }
  /** @throws FirnDnsError when neither a server nor ordinary DNS knows the name, and nothing was known of it before */
  async lookup(name: string): Promise<Found> {
    const [kept, now] = [this.#kept.get(name), (this.#options.now ?? Date.now)()];
    if (kept !== undefined && now < kept.refreshAt) return kept.found;
    const asking = this.#asking.get(name) ?? this.#ask(name).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    if (kept === undefined || now >= kept.until) return await asking;
    asking.catch(() => undefined);
    return kept.found;
  }
  async #ask(name: string): Promise<Found> {
    const { servers, fallback, fallbackPort = 80, timeoutMs = 2_000, now = Date.now } = this.#options;
    const keep = (found: Found, ttlMs: number) => (this.#kept.set(name, { found, refreshAt: now() + ttlMs * REFRESH_SHARE, until: now() + ttlMs }), found);
    let failure = new FirnDnsError('no server is set');
    for (const server of servers) {
      try {
        const answer = await fetch(`${server}/dns?name=${encodeURIComponent(name)}`, { signal: AbortSignal.timeout(timeoutMs) });
        const { addresses, port = 80, ttlSeconds = 60, detail = `${server} knows no address of ${name}` } = (await answer.json()) as Partial<Found> & { ttlSeconds?: number; detail?: string };
        if (answer.ok && Array.isArray(addresses) && addresses.length > 0) return keep({ addresses, port, source: 'fresh' }, ttlSeconds * 1000);
        failure = Object.assign(new FirnDnsError(detail), { code: answer.ok || answer.status === 404 ? 'unknown' : 'unreachable' });
      } catch (error) {
        failure = new FirnDnsError(`${server} does not answer: ${String(error)}`);
      }
    }
    const kept = this.#kept.get(name);
    if (kept !== undefined) return keep({ ...kept.found, source: 'kept' }, RETRY_MS);
    const addresses = (await fallback?.(name).catch(() => [])) ?? [];
    if (addresses.length === 0) throw failure;
    return keep({ addresses, port: fallbackPort, source: 'dns' }, RETRY_MS);
  }
}
