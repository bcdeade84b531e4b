/** The longest pause before another try, in milliseconds. */
const MAX_PAUSE = 30_000;

/** Sends a request, perhaps more than once; `retry()` makes one. */
export type Retry = (send: () => Promise<Response>, method: string, signal: AbortSignal) => Promise<Response>;

/**
 * Makes the option `retry` of a client or call: GET, HEAD, PUT and DELETE, which may run twice with the effect of once, are sent
 * again where no answer came, or 502, 503 or 504.
 *
 * Units:  at most `attempts` times more, default 2: after `Retry-After`, or 0.1 to 0.2 s, doubled each time. An answer that asks
 *         for more than 30 s is given to the caller. `timeout` bounds all of it.
 * Example: `createClient<typeof app>(url, { retry: retry() })`
 */
export function retry({ attempts = 2 }: { readonly attempts?: number } = {}): Retry {
  return async (send, method, signal) => {
    const most = /^(GET|HEAD|PUT|DELETE)$/.test(method) ? attempts : 0;
    for (let tries = 0; ; tries++) {
      const response = await send().catch((cause: unknown) => {
        if (signal.aborted || tries >= most) throw cause;
      });
      const asked = response && retryAfter(response);
      const pause = asked === undefined ? 100 * 2 ** tries * (1 + Math.random()) : asked * 1000;
      const isAnswer = response && !/^50[234]$/.test(String(response.status));
      if (response && (isAnswer || tries >= most || pause > MAX_PAUSE)) return response;
      await response?.body?.cancel();
      await sleep(pause, signal);
    }
  };
}

/** The seconds that an answer asks to wait: a number of them, or a date. */
function retryAfter({ headers }: Response): number | undefined {
  const text = headers.get("retry-after") ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return seconds >= 0 ? seconds : undefined;
}

/** Waits for some milliseconds, or until the signal aborts, which rejects with its reason. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
