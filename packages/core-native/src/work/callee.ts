import { APIError } from "../errors/error.ts";
import { Work } from "./work.ts";

/** The bounds of a call within the app. */
export interface CallBounds {
  /** The operation that calls; its end by abort ends the call. */
  readonly caller: Work | undefined;
  /** A signal of the caller's own. */
  readonly signal: AbortSignal | undefined;
  /** The time limit in milliseconds; none where it is absent. */
  readonly timeoutMs: number | undefined;
}

/**
 * Runs a handler as a call within the app: in its own context, which is not known to Rust.
 *
 * Shape:  resolves to what `run` returns. Rejects at once where the caller is aborted, the signal aborts or the time is
 *         over, and `work.signal` aborts then.
 * Errors: the reason of the abort; `deadline_exceeded` after the time limit.
 */
export async function runCall<T>(
  work: Work,
  { caller, signal, timeoutMs }: CallBounds,
  run: () => T | PromiseLike<T>,
): Promise<T> {
  if (signal?.aborted) throw cancellation(signal);
  if (caller !== undefined) Work.throwIfOver(caller);
  let timer: NodeJS.Timeout | undefined;
  const cut = (): void => Work.abortWith(work, cancellation(signal));
  try {
    return await new Promise<T>((resolve, reject) => {
      work.signal.addEventListener("abort", () => reject(work.signal.reason as Error), { once: true });
      signal?.addEventListener("abort", cut, { once: true });
      if (caller !== undefined) Work.adopt(caller, work);
      if (timeoutMs !== undefined) {
        const late = APIError.deadlineExceeded("the endpoint did not answer in time");
        timer = setTimeout(() => Work.abortWith(work, late), timeoutMs);
      }
      void (async () => await run())().then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cut);
    if (caller !== undefined) Work.release(caller, work);
  }
}

/** The error by which a signal of the caller's ends a call. */
export function cancellation(signal: AbortSignal | undefined): APIError {
  const { reason } = signal ?? {};
  return reason instanceof APIError ? reason : APIError.canceled("the caller canceled the call", reason);
}
