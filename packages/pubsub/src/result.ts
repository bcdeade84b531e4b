import type { Duration } from "@twinloop/core-native";
import { DURATION_FORM, parseDuration } from "@twinloop/core-native/internal";
import { PubsubError } from "./error.ts";
import { native } from "./native.ts";
import type { KeepingNumbers } from "./message-context.ts";

/** A value as JSON gives it back: a `Date` is a text, what has `toJSON` is what that returns, `undefined` is `null`. */
export type JsonOf<Value> = Value extends {
  /** Returns what is written in the value's place. */ toJSON(): infer Written;
}
  ? Written
  : Value extends undefined | void
    ? null
    : Value extends readonly (infer Element)[]
      ? JsonOf<Element>[]
      : Value extends object
        ? { [Name in keyof Value]: JsonOf<Value[Name]> }
        : Value;

/** How long one waits for a result. */
export interface ResultOptions {
  /** The longest wait. Default 30 s. */
  readonly timeout?: Duration;
  /** Stops waiting; the message is handled all the same. */
  readonly signal?: AbortSignal;
}

/** What is known of a message, as Rust writes it. */
interface KnownResult {
  readonly version: number;
  readonly state: "running" | "done" | "failed";
  readonly progress: unknown;
  readonly outcome: unknown;
}

const MAX_RESULT_BYTES = 1 << 20;
const DEFAULT_WAIT_MS = 30_000;
/** How long one call waits in Rust; a longer wait is made of several. */
const CALL_WAIT_MS = 20_000;

/** Writes what a handler has returned. Errors: `invalid_argument` for what is no JSON, or more than 1 MiB of it. */
export function writeResult(result: unknown): string {
  const written = JSON.stringify(result ?? null) as string | undefined;
  if (written === undefined)
    throw new PubsubError("invalid_argument", "the handler has returned what JSON cannot carry");
  const bytes = Buffer.byteLength(written);
  if (bytes <= MAX_RESULT_BYTES) return written;
  const message = `the result has ${bytes} bytes as JSON, and at most ${MAX_RESULT_BYTES} are kept`;
  throw new PubsubError(
    "invalid_argument",
    `${message}: store what is large elsewhere, and return where it is`,
  );
}

/** The states of one message, each as soon as it is known, until it is done or a dead letter. */
export async function* changesOf(
  name: string,
  [broker, subscription]: KeepingNumbers,
  messageId: string,
  { timeout, signal }: ResultOptions,
): AsyncGenerator<KnownResult, void> {
  const waitMs = timeout === undefined ? DEFAULT_WAIT_MS : parseDuration(timeout);
  if (waitMs === undefined) {
    throw new PubsubError("invalid_argument", `timeout is ${String(timeout)}: write ${DURATION_FORM}`);
  }
  const deadline = performance.now() + waitMs;
  for (let since = 0; ;) {
    const left = Math.max(0, Math.ceil(deadline - performance.now()));
    const argument = [broker, subscription, messageId, since, Math.min(left, CALL_WAIT_MS)];
    const known = await orAbort(native.call<KnownResult | null>("awaitResult", argument), signal);
    if (known !== null) {
      since = known.version;
      yield known;
      if (known.state !== "running") return;
    } else if (left === 0) {
      const message = `the message ${messageId} was not done by ${name} within ${waitMs} ms`;
      throw new PubsubError("deadline_exceeded", `${message}: it may still be, so ask again by its id`);
    }
  }
}

/** The outcome of a message that is done. Errors: `aborted` for a dead letter. */
export function outcomeOf(name: string, messageId: string, { state, outcome }: KnownResult): unknown {
  if (state !== "failed") return outcome;
  throw new PubsubError(
    "aborted",
    `the message ${messageId} is a dead letter of ${name}: ${String(outcome)}`,
  );
}

/** Waits for a promise, or for the end of the wait. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      const message = "stopped waiting for the result: the message is handled all the same";
      reject(new PubsubError("canceled", message, { cause: signal.reason }));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
