import { APIError } from "./api-error.ts";
import type { CallOptions, Settings } from "./client-options.ts";
import { writeRequest } from "./request.ts";

/** The longest pause before another try, in milliseconds. */
const MAX_PAUSE = 30_000;

/** An answer that is not read yet. */
export interface Arrived {
  readonly response: Response;
  /** Says what the failure to read the answer means. */
  readonly failed: (cause: unknown) => APIError;
}

/**
 * Sends a request, again where that may help, and gives the answer whatever its status is.
 *
 * Errors: `network_error`, `deadline_exceeded`, `canceled`, `invalid_argument`.
 */
export async function send(
  settings: Settings,
  route: string,
  input: unknown,
  given: CallOptions,
): Promise<Arrived> {
  const {
    timeout = 60_000,
    retries = 2,
    credentials,
    fetch = globalThis.fetch,
  } = { ...settings, ...defined(given) };
  const signals = [settings.signal, given.signal, timeout > 0 ? AbortSignal.timeout(timeout) : undefined];
  const signal = AbortSignal.any(signals.filter((one) => one !== undefined));
  const failed = (cause: unknown): APIError => failure(route, settings.base, signal, cause);
  const { url, init } = await writeRequest(settings, route, input, given).catch((cause: unknown) => {
    throw cause instanceof APIError ? cause : new APIError("invalid_argument", String(cause), { cause });
  });
  const request: RequestInit = { ...init, signal, ...(credentials && { credentials }) };
  const mayRepeat = /^(GET|HEAD|PUT|DELETE)$/.test(init.method);
  for (let tries = 0; ; tries++) {
    // Called without `this`, which browsers demand.
    const response = await fetch(url, request).catch((cause: unknown) => {
      if (signal.aborted || !mayRepeat || tries >= retries) throw failed(cause);
    });
    if (response && !(mayRepeat && tries < retries && /^50[234]$/.test(`${response.status}`)))
      return { response, failed };
    const asked = response && retryAfter(response);
    const pause = asked === undefined ? 100 * 2 ** tries * (1 + Math.random()) : asked * 1000;
    if (response && pause > MAX_PAUSE) return { response, failed };
    await response?.body?.cancel();
    await sleep(pause, signal).catch((cause: unknown) => {
      throw failed(cause);
    });
  }
}

/** The seconds that an answer asks to wait. */
export function retryAfter({ headers }: Response): number | undefined {
  const text = headers.get("retry-after");
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? +text : (Date.parse(text) - Date.now()) / 1000;
  return seconds >= 0 ? seconds : undefined;
}

/** Waits for some milliseconds, or until the signal aborts, which rejects with its reason. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => (clearTimeout(timer), reject(signal.reason));
    const timer = setTimeout(() => (signal.removeEventListener("abort", end), resolve()), ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

function failure(route: string, base: string, { aborted, reason }: AbortSignal, cause: unknown): APIError {
  const isLate = (reason as Error | undefined)?.name === "TimeoutError";
  if (aborted && isLate)
    return new APIError("deadline_exceeded", `${route}: no answer came in time`, { cause: reason });
  if (aborted) return new APIError("canceled", `${route}: the caller gave it up`, { cause: reason });
  const { message, cause: below } = cause as Error;
  const why = (below as Error | undefined)?.message || message;
  return new APIError("network_error", `${route}: no answer came from ${base}: ${why}`, { cause });
}

/** The options that are given, so that an undefined one does not hide that of the client. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
