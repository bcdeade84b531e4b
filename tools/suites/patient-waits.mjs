// Runs before each test file. `vi.waitFor` and `vi.waitUntil` give up after one second unless they are told otherwise, and vitest
// has no option for that: a busy machine needs longer, and a condition that holds costs no time.
import { vi } from "vitest";

/** How long a condition may take to hold, in milliseconds; `expect.poll` waits as long. */
const TIMEOUT = 20_000;

/**
 * Adds the limit where none is given; a number is a limit.
 *
 * @template {{ timeout?: number }} Options
 * @param {number | Options} options
 * @returns {number | Options | { timeout: number }}
 */
const limited = (options) => (typeof options === "number" ? options : { timeout: TIMEOUT, ...options });

const { waitFor, waitUntil } = vi;
vi.waitFor = (condition, options = {}) => waitFor(condition, limited(options));
vi.waitUntil = (condition, options = {}) => waitUntil(condition, limited(options));
