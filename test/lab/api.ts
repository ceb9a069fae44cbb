/**
 * A person's seat at the product's public API: logs in and asks, as the console and the command line do.
 * Takes a base URL and a login; gives answers typed by the public contract. Errors carry the server's sentence.
 */
import type { Problem } from '#server/http/contract/index.ts';

export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem | undefined;
  constructor(method: string, path: string, status: number, text: string) {
    super(`${method} ${path}: ${status} ${text.slice(0, 1_000)}`);
    this.status = status;
    this.problem = text.startsWith('{') ? (JSON.parse(text) as Problem) : undefined;
  }
}

export class Api {
  readonly #base: string;
  readonly #cookie: string;

  private constructor(base: string, cookie: string) {
    this.#base = base;
    this.#cookie = cookie;
  }

  /** Opens a session. Throws ApiError with the server's sentence when the login is refused. */
  static async login(base: string, name: string, password: string): Promise<Api> {
    const response = await fetch(`${base}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: base },
      body: JSON.stringify({ name, password }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new ApiError('POST', '/auth/login', response.status, await response.text());
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    return new Api(base, cookies.join('; '));
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.#call<Answer>('GET', path, undefined);
  }

  post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return this.#call<Answer>('POST', path, body);
  }

  put<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.#call<Answer>('PUT', path, body);
  }

  delete<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return this.#call<Answer>('DELETE', path, body);
  }

  /** Posts bytes of another type than JSON. */
  send<Answer>(path: string, type: string, body: Uint8Array<ArrayBuffer> | Blob): Promise<Answer> {
    return this.#send<Answer>('POST', path, { type, body });
  }

  #call<Answer>(method: string, path: string, body: unknown): Promise<Answer> {
    return this.#send<Answer>(method, path, body === undefined ? undefined : { type: 'application/json', body: JSON.stringify(body) });
  }

  async #send<Answer>(method: string, path: string, content: { readonly type: string; readonly body: string | Uint8Array<ArrayBuffer> | Blob } | undefined): Promise<Answer> {
    const response = await fetch(`${this.#base}/api/v1${path}`, {
      method,
      headers: { cookie: this.#cookie, origin: this.#base, ...(content === undefined ? {} : { 'content-type': content.type }) },
      ...(content === undefined ? {} : { body: content.body }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(method, path, response.status, text);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }
}
