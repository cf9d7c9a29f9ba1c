/** HTTP to Takan's API: the form token on every write, problem documents as one typed error. */

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: the server was not reached
    readonly code: string,
    readonly title: string,
    readonly retryAfter: number | null = null, // seconds
    readonly field: string | null = null,
  ) {
    super(`${status} ${code}`);
  }

  /** Whether the same request may succeed later without anybody doing anything. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The problem that a refused answer carries, whoever wrote it (RFC 9457). */
export async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  let found: { code?: unknown; title?: unknown; field?: unknown } = {};
  try {
    found = (await response.json()) as typeof found;
  } catch {
    // A proxy's own page: its status is all that it tells.
  }
  const code = typeof found.code === "string" ? found.code : `status-${response.status}`;
  const title = typeof found.title === "string" ? found.title : "";
  return new Problem(response.status, code, title, retryAfter, typeof found.field === "string" ? found.field : null);
}

export class Api {
  constructor(
    private readonly base: string,
    private readonly csrf: string,
    private readonly fetch: Fetch,
  ) {}

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.send<T>("GET", path, undefined, signal);
  }

  post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
    return this.send<T>("POST", path, body, signal);
  }

  put<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return this.send<T>("PUT", path, body, signal);
  }

  async bytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
    return (await this.ask("GET", path, undefined, signal)).arrayBuffer();
  }

  private async send<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    const response = await this.ask(method, path, body, signal);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  private async ask(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRF-Token"] = this.csrf;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, credentials: "same-origin" };
    if (body !== undefined) init.body = JSON.stringify(body);
    if (signal) init.signal = signal;
    let response: Response;
    try {
      response = await this.fetch(this.base + path, init);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new Problem(0, "offline", "");
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}
