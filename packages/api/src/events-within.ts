/**
 * Runs a part of a generator in the async context of whoever owns it: `currentRequest()` there is the stream's own operation,
 * although another one asks for the next event.
 */
export type Within = <T>(run: () => T) => T;

const AS_IT_IS: Within = (run) => run();

/**
 * Takes events from their source until it ends or the signal aborts. An abort ends the wait for the next event at once, and runs
 * the `finally` blocks of the source; what those throw then has nobody left to hear it.
 *
 * Shape:  each part of the source runs `within`, whoever asks for the next event.
 * Errors: what the source throws while it is waited for.
 */
export async function* eventsWithin<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
  within: Within = AS_IT_IS,
): AsyncGenerator<T, void> {
  const iterator = within(() => source[Symbol.asyncIterator]());
  const close = async (): Promise<unknown> => within(() => iterator.return?.());
  // One listener for the whole stream: a race for each event would keep a reaction of each until the end.
  let left = (): void => undefined;
  const leave = (): void => {
    left();
    close().catch(() => undefined);
  };
  const step = (): Promise<IteratorResult<T> | undefined> =>
    new Promise((resolve, reject) => {
      left = () => resolve(undefined);
      within(() => iterator.next()).then(resolve, reject);
    });
  signal.addEventListener("abort", leave, { once: true });
  let isOver = false;
  try {
    if (signal.aborted) leave();
    while (!signal.aborted) {
      isOver = true;
      const taken = await step();
      if (taken === undefined || taken.done || signal.aborted) return;
      isOver = false;
      yield taken.value;
    }
  } finally {
    signal.removeEventListener("abort", leave);
    if (!isOver && !signal.aborted) await close();
  }
}
