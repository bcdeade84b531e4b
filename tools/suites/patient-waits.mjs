// Runs before each test file. `vi.waitFor` and `vi.waitUntil` give up after one second unless they are told otherwise, and vitest
// has no option for that: a busy machine needs longer, and a condition that holds costs no time.
import { vi } from "vitest";

/** How long a condition may take to hold, in milliseconds; `expect.poll` waits as long. */
const TIMEOUT = 20_000;

for (const name of /** @type {const} */ (["waitFor", "waitUntil"])) {
  const wait = vi[name];
  vi[name] = (condition, options = {}) =>
    wait(condition, typeof options === "number" ? options : { timeout: TIMEOUT, ...options });
}
