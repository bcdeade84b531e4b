import { isDeepStrictEqual } from "node:util";
import type { StartOptions } from "./start-options.ts";

/** How an app runs in a test. */
export interface TestMode {
  /** `memory` keeps messages in this process, whatever `PUBSUB_URL` says; `configured` where a test has set `PUBSUB_URL`. */
  readonly messages: "memory" | "configured";
  /** Whether cron jobs are fired when they are due. */
  readonly cron: boolean;
}

/** A message that a test finds published, with its body as JSON gives it. */
export interface FoundMessage {
  readonly id: string;
  readonly body: unknown;
  readonly key: string | null;
  readonly publishedAt: Date;
}

/** What a primitive offers to tests of an app; each part only where the primitive has it. */
export interface TestControl {
  /** Moves the primitive's own clock forward. */
  advance?(ms: number): Promise<void>;
  /** Resolves when the primitive has no work that is due. */
  settled?(): Promise<void>;
  /** Lists what was published to a topic, the oldest first; `undefined` for what is no topic of this primitive. */
  published?(topic: object): Promise<readonly FoundMessage[] | undefined>;
  /** Removes what the primitive has made for the test, after the app has stopped. */
  end?(): Promise<void>;
}

const DEFAULTS: TestMode = { messages: "memory", cron: false };

let mode: TestMode | undefined;
let recorded: StartOptions | undefined;

/**
 * Makes this isolate one of tests, for its whole life: `start()` then notes its options for the test's own start and opens nothing,
 * messages stay in memory, databases are copies.
 */
export function enterTestMode(): void {
  mode ??= DEFAULTS;
}

/** Changes how the app runs in a test; without an argument, as at first. */
export function setTestMode(given: Partial<TestMode> = {}): void {
  mode = { ...DEFAULTS, ...given };
}

/** How the app runs in a test; `undefined` where it is no test's. */
export function testMode(): TestMode | undefined {
  return mode;
}

/** The options of the app's own `start()`, as far as it was called in a test. */
export function recordedOptions(): StartOptions {
  return recorded ?? {};
}

/** Notes the options of the app's own `start()`. False where another call had other ones. */
export function recordOptions(options: StartOptions): boolean {
  if (recorded !== undefined && Object.keys(options).length === 0) return true;
  if (recorded !== undefined && Object.keys(recorded).length > 0) return isDeepStrictEqual(options, recorded);
  recorded = options;
  return true;
}
