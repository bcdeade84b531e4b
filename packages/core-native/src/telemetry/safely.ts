/** Runs what must not throw, such as a listener of a channel, whose error would end the process: the request goes out without its trace. */
export function safely(run: () => void): void {
  try {
    run();
  } catch {
    // Nothing is lost but the trace of one request.
  }
}
