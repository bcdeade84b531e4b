import { redacted } from "@twinloop/core-native/internal";
import { log, type HealthCheck } from "@twinloop/core-native";

/** A failed health check as `/readyz` reports it. The error that the check threw is only logged. */
export interface FailedCheck {
  readonly name: string;
  readonly reason: "failed" | "timed out";
}

/** A check that has been called and has not settled. */
interface RunningCheck {
  readonly passed: Promise<unknown>;
  /** Aborts the signal of the check, when it has answered or is late. */
  readonly over: AbortController;
}

/** What the timer resolves to, told apart from whatever a check returns. */
const LATE = Symbol("late");

/**
 * The app's own health checks (`start({ health: { checks } })`), run for each readiness probe. Rust keeps the outcome for a
 * second, so that a flood of probes runs them once.
 *
 * Units:  each check has `checkTimeout` (2 s). A check that hangs is reported with every probe, and not called again before
 *         its first call has settled: probes cannot pile it up.
 */
export class HealthChecks {
  readonly #checks: readonly (readonly [string, HealthCheck])[];
  readonly #timeoutMs: number;
  readonly #running = new Map<string, RunningCheck>();
  /** The checks that failed in the last run: a failure is logged once, and so is the recovery. */
  #failing: ReadonlySet<string> = new Set();

  constructor(checks: Readonly<Record<string, HealthCheck>>, timeoutMs: number) {
    this.#checks = Object.entries(checks);
    this.#timeoutMs = timeoutMs;
  }

  /** Runs all checks concurrently and returns those that failed or timed out. Never rejects. */
  async run(): Promise<readonly FailedCheck[]> {
    const ran = await Promise.all(this.#checks.map(([name, check]) => this.#runOne(name, check)));
    const failed = ran.filter((one) => one !== undefined);
    const failing = new Set(failed.map(({ name }) => name));
    for (const name of this.#failing) {
      if (!failing.has(name)) log.info(`health check ${redacted(name)} passes again`, { check: name });
    }
    this.#failing = failing;
    return failed;
  }

  /** Runs one check, or waits for the run that is still going, and tells how it failed; `undefined` where it passed. */
  async #runOne(name: string, check: HealthCheck): Promise<FailedCheck | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<typeof LATE>((resolve) => {
      timer = setTimeout(() => resolve(LATE), this.#timeoutMs);
    });
    const { passed, over } = this.#running.get(name) ?? this.#begin(name, check);
    try {
      const result = await Promise.race([passed, late]);
      if (result === LATE) return this.#failed(name, "timed out", `no answer within ${this.#timeoutMs} ms`);
      return result === false ? this.#failed(name, "failed", "the check returned false") : undefined;
    } catch (error) {
      return this.#failed(name, "failed", error);
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }

  /** Starts a check. Later runs wait for the same one until it has ended. */
  #begin(name: string, check: HealthCheck): RunningCheck {
    const over = new AbortController();
    // Called within a promise, so that a check that throws synchronously fails like any other.
    const passed = Promise.resolve().then(() => check(over.signal));
    const running = { passed, over };
    this.#running.set(name, running);
    const ended = (): void => void this.#running.delete(name);
    passed.then(ended, ended);
    return running;
  }

  /** Notes a failure for the log, once until the check passes again, and returns it without the error, which may hold secrets. */
  #failed(name: string, reason: FailedCheck["reason"], cause: unknown): FailedCheck {
    if (!this.#failing.has(name)) {
      const fields = { check: name, reason };
      if (typeof cause === "string") log.warn(`health check ${name} ${reason}: ${cause}`, fields);
      else log.warn(cause, `health check ${name} ${reason}`, fields);
    }
    return { name, reason };
  }
}
