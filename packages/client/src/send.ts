import { APIError } from "./api-error.ts";
import type { CallOptions, ClientSettings } from "./client-options.ts";
import { writeRequest } from "./request.ts";

/** Makes an error of what went wrong with an answer; an `APIError` stays what it is. */
export type Failed = (cause: unknown) => APIError;

/**
 * Sends a request, and has its answer read, whatever the status is.
 *
 * Errors: `network_error`, `deadline_exceeded`, `canceled`, `invalid_argument`, and those of `read`.
 */
export async function send<T>(
  settings: ClientSettings,
  route: string,
  input: unknown,
  given: CallOptions,
  read: (response: Response, failed: Failed) => Promise<T>,
): Promise<T> {
  const { credentials, fetch: fetched = fetch, retry, timeout } = { ...settings, ...given };
  const signal = signalOf([settings.signal, given.signal], timeout);
  let code = "invalid_argument";
  const failed: Failed = (cause) => {
    if (cause instanceof APIError) return cause;
    const by = (signal.aborted ? signal.reason : cause) as Error | undefined;
    if (signal.aborted) code = by?.name === "TimeoutError" ? "deadline_exceeded" : "canceled";
    // The cause of a failed fetch says more than the failure.
    const { message } = (by?.cause ?? by) as Error;
    return new APIError(code, `${route}: ${message}`, { cause: by });
  };
  try {
    const [url, init] = await writeRequest(settings, route, input, given);
    code = "network_error";
    // Called without `this`, which browsers demand.
    const attempt = (): Promise<Response> => fetched(url, { ...init, signal, credentials } as RequestInit);
    const response = retry ? retry(attempt, init.method, signal) : attempt();
    return await read(await response, failed);
  } catch (cause) {
    throw failed(cause);
  }
}

/** The longest time limit, 23 days. */
const MAX_TIMEOUT = 2e9;

/** The signal that aborts when one of these does, or after some milliseconds; 0 for never. */
export function signalOf(signals: readonly (AbortSignal | undefined)[], timeout = 60_000): AbortSignal {
  return AbortSignal.any(
    [...signals, AbortSignal.timeout(timeout || MAX_TIMEOUT)].filter(Boolean) as AbortSignal[],
  );
}
