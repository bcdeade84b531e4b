import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { makePlace, withoutNats, type Place } from "../../../../tools/suites/nats-place.mjs";
import { makeVhost, withoutRabbitmq, type Vhost } from "../../../../tools/suites/vhost.mjs";
import { start, stop } from "../../dist/index.js";

/** A provider under test. */
export interface Provider {
  readonly name: string;
  /** One process sees what another has published. */
  readonly isShared: boolean;
  /** It keeps dedupe keys itself; otherwise a database of the app does, and these apps have none. */
  readonly keepsDedupeKeys: boolean;
  /** It delivers the messages of a greater priority first; otherwise an app with priorities does not start. */
  readonly hasPriorities: boolean;
  /** It holds limits over all processes; otherwise an app with such limits does not start. */
  readonly hasLimits: boolean;
  /** It finds a message by its id, to cancel or reschedule it. */
  readonly findsByIds: boolean;
  /** It keeps unique keys. */
  readonly keepsUniqueKeys: boolean;
  readonly url: () => string;
  /** Makes what is there for one test file. */
  readonly prepare?: () => Promise<void>;
  readonly remove?: () => Promise<void>;
  /** Why it is not tested. */
  readonly skipped?: string | undefined;
}

const folder = mkdtempSync(join(tmpdir(), "twinloop-pubsub-"));
const DATABASE = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
let vhost: Vhost | undefined;
let place: Place | undefined;

export const providers: readonly Provider[] = [
  {
    name: "memory",
    isShared: false,
    keepsDedupeKeys: true,
    hasPriorities: true,
    hasLimits: true,
    findsByIds: true,
    keepsUniqueKeys: true,
    url: () => "memory:",
  },
  {
    name: "embedded",
    isShared: true,
    keepsDedupeKeys: true,
    hasPriorities: true,
    hasLimits: true,
    findsByIds: true,
    keepsUniqueKeys: true,
    url: () => `embedded:${folder}/messages.redb`,
  },
  {
    name: "postgres",
    isShared: true,
    keepsDedupeKeys: true,
    hasPriorities: true,
    hasLimits: true,
    findsByIds: true,
    keepsUniqueKeys: true,
    url: () => DATABASE,
  },
  {
    name: "rabbitmq",
    isShared: true,
    keepsDedupeKeys: false,
    hasPriorities: false,
    hasLimits: false,
    findsByIds: false,
    keepsUniqueKeys: false,
    url: () => vhost!.url,
    prepare: async () => void (vhost = await makeVhost()),
    remove: async () => vhost?.remove(),
    skipped: withoutRabbitmq(),
  },
  {
    name: "nats",
    isShared: true,
    keepsDedupeKeys: true,
    hasPriorities: false,
    hasLimits: false,
    findsByIds: false,
    keepsUniqueKeys: false,
    url: () => place!.url,
    prepare: async () => void (place = await makePlace()),
    remove: async () => place?.remove(),
    skipped: withoutNats(),
  },
];

let names = 0;

/** A name that no other test or run has: brokers are shared by all of them. */
export function ownName(name: string): string {
  return `${name}-${process.pid}-${Date.now().toString(36)}-${++names}`;
}

/** Runs `tests` over each provider, in an app that `declare` has declared and that is started around them. */
export function overProviders<App>(
  declare: (provider: Provider) => App,
  tests: (app: App, provider: Provider) => void,
  over: readonly Provider[] = providers,
): void {
  test.for(over.filter(({ skipped }) => skipped))("$name is left out", ({ skipped }, context) => {
    context.skip(skipped);
  });
  describe.each(over.filter(({ skipped }) => !skipped))("$name", (provider) => {
    const app = declare(provider);
    beforeAll(async () => {
      await provider.prepare?.();
      vi.stubEnv("PUBSUB_URL", provider.url());
      await start({ banner: false, signals: false });
    });
    afterAll(async () => {
      await stop();
      vi.unstubAllEnvs();
      await provider.remove?.();
    });
    tests(app, provider);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

/** Waits until `probe` gives something true. */
export async function until<T>(probe: () => Promise<T> | T, withinMs = 20_000): Promise<Exclude<T, false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found) return found as Exclude<T, false>;
    if (Date.now() > deadline) throw new Error(`it did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Gives nothing a while to happen. */
export function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 400));
}
