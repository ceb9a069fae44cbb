// HTTP DNS for services: addresses of a name, kept for their TTL and fetched again before it ends, so that a call hardly ever waits. While the
// server is away the last known good answer goes on, and without one ordinary DNS is asked. No dependency; wherever `fetch` is, it runs.
// Copy this file, or import it.
export interface Found {
  readonly addresses: readonly string[];
  readonly port: number;
  /** `fresh`; `kept`: older than its TTL, since the server did not answer; `dns`: from ordinary DNS. */
  readonly source: 'fresh' | 'kept' | 'dns';
}
export interface FirnDnsOptions {
  /** Base URLs of HTTP DNS listeners, such as `http://10.0.0.5:7074`, tried in turn. */
  readonly servers: readonly string[];
  /** How ordinary DNS is asked; on Node: `async (name) => (await dns.promises.resolve4(name))`. Absent: not at all. */
  readonly fallback?: (name: string) => Promise<readonly string[]>;
  /** For addresses of ordinary DNS, which says no port. */
  readonly fallbackPort?: number;
  readonly timeoutMs?: number;
  readonly now?: () => number;
}
type Kept = { readonly found: Found; readonly refreshAt: number; readonly until: number };
/** Asked again when so much of the TTL is over, and after a failure no sooner than this. */
const REFRESH_SHARE = 0.75;
const RETRY_MS = 2_000;

export class FirnDns {
  readonly #options: FirnDnsOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<Found>>();
  constructor(options: FirnDnsOptions) {
    this.#options = options;
  }
  /** @throws the last failure, when no server and no ordinary DNS answers and nothing was ever known */
  async lookup(name: string): Promise<Found> {
    const kept = this.#kept.get(name);
    const now = (this.#options.now ?? Date.now)();
    if (kept !== undefined && now < kept.refreshAt) return kept.found;
    const asking = this.#asking.get(name) ?? this.#ask(name, kept).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    if (kept === undefined || now >= kept.until) return await asking;
    asking.catch(() => undefined);
    return kept.found;
  }
  async #ask(name: string, kept: Kept | undefined): Promise<Found> {
    const { servers, fallback, fallbackPort = 80, timeoutMs = 2_000, now = Date.now } = this.#options;
    const keep = (found: Found, ttlMs: number) => (this.#kept.set(name, { found, refreshAt: now() + ttlMs * REFRESH_SHARE, until: now() + ttlMs }), found);
    let failure: unknown = new Error('no server is set');
    for (const server of servers) {
      try {
        const answer = await fetch(`${server}/dns?name=${encodeURIComponent(name)}`, { signal: AbortSignal.timeout(timeoutMs) });
        const body = (await answer.json()) as { addresses?: string[]; port?: number; ttlSeconds?: number; detail?: string };
        if (answer.ok && body.addresses !== undefined && body.addresses.length > 0) return keep({ addresses: body.addresses, port: body.port ?? 80, source: 'fresh' }, (body.ttlSeconds ?? 60) * 1000);
        failure = new Error(body.detail ?? `${server} knows no address of ${name}`);
      } catch (error) {
        failure = error;
      }
    }
    if (kept !== undefined) return keep({ ...kept.found, source: 'kept' }, RETRY_MS);
    const addresses = (await fallback?.(name).catch((error: unknown) => void (failure = error))) ?? [];
    if (addresses.length === 0) throw failure;
    return keep({ addresses, port: fallbackPort, source: 'dns' }, RETRY_MS);
  }
}
