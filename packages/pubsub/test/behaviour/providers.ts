import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { start, stop } from "../../dist/index.js";

/** A provider under test. */
export interface Provider {
  readonly name: string;
  /** One process sees what another has published. */
  readonly isShared: boolean;
  readonly url: () => string;
  /** Why it is not tested. */
  readonly skipped?: string;
}

const folder = mkdtempSync(join(tmpdir(), "twinloop-pubsub-"));
const RABBITMQ = process.env["AMQP_URL"] ?? "amqp://guest:guest@127.0.0.1:5672";
const DATABASE = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

export const providers: readonly Provider[] = [
  { name: "memory", isShared: false, url: () => "memory:" },
  { name: "embedded", isShared: true, url: () => `embedded:${folder}/messages.redb` },
  { name: "postgres", isShared: true, url: () => DATABASE },
  { name: "rabbitmq", isShared: true, url: () => RABBITMQ, skipped: "this build cannot open amqp: URLs" },
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
      vi.stubEnv("PUBSUB_URL", provider.url());
      await start({ banner: false, signals: false });
    });
    afterAll(async () => {
      await stop();
      vi.unstubAllEnvs();
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
