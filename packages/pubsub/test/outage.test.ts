import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { makePlace, withoutNats } from "../../../tools/suites/nats-place.mjs";
import { makeVhost, withoutRabbitmq } from "../../../tools/suites/vhost.mjs";
import { ownName } from "./behaviour/providers.ts";

const DATABASE = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const app = fileURLToPath(new URL("fixtures/outage-app.mjs", import.meta.url));

/** A way to a server that can fall silent or refuse. Connections that are made while it is silent pass. */
class Way {
  #isOpen = true;
  readonly #pairs = new Set<{ from: Socket; to: Socket; isSilent: boolean }>();
  readonly #server: Server;

  private constructor(port: number) {
    this.#server = createServer((from) => {
      from.on("error", () => undefined);
      if (!this.#isOpen) return void from.destroy();
      const to = connect(port, "127.0.0.1");
      const pair = { from, to, isSilent: false };
      this.#pairs.add(pair);
      to.on("error", () => from.destroy()).on("close", () => pair.isSilent || from.destroy());
      from.on("close", () => pair.isSilent || to.destroy());
      from.on("data", (bytes) => pair.isSilent || to.write(bytes));
      to.on("data", (bytes) => pair.isSilent || from.write(bytes));
    });
  }

  static async to(url: string): Promise<{ way: Way; url: string }> {
    const through = new URL(url);
    const way = new Way(Number(through.port));
    way.#server.listen(0, "127.0.0.1");
    await once(way.#server, "listening");
    through.hostname = "127.0.0.1";
    through.port = String((way.#server.address() as AddressInfo).port);
    return { way, url: through.href };
  }

  /** Nothing more comes through what is open now, and nobody is told. */
  fallSilent(): void {
    for (const pair of this.#pairs) pair.isSilent = true;
  }

  cut(): void {
    this.#isOpen = false;
    for (const { from, to } of this.#pairs) {
      from.destroy();
      to.destroy();
    }
    this.#pairs.clear();
  }

  mend(): void {
    this.#isOpen = true;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

interface Line {
  readonly level: number;
  readonly msg: string;
}

/** An app of its own process, with four subscriptions, that publishes when it is told to. */
class App {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  #printed = "";

  constructor(url: string) {
    const env = {
      ...process.env,
      PUBSUB_URL: url,
      TOPIC: ownName("outage"),
      LOG_LEVEL: "info",
      NODE_ENV: "production",
    };
    this.#child = fork(app, { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on("data", (chunk: Buffer) => {
        const parts = (this.#printed + chunk.toString()).split("\n");
        this.#printed = parts.pop()!;
        for (const part of parts) if (part.startsWith("{")) this.lines.push(JSON.parse(part) as Line);
      });
    }
  }

  async started(): Promise<this> {
    // Its first word; an app that does not start ends, and the test with it.
    await once(this.#child, "message");
    return this;
  }

  /** What became of one publish, and how long it took. */
  async publish(): Promise<{ code: string; ms: number }> {
    this.#child.send("publish");
    const [answer] = (await once(this.#child, "message")) as [{ code: string; ms: number }];
    return answer;
  }

  of(words: RegExp): string[] {
    return this.lines.filter(({ msg }) => words.test(msg)).map(({ msg }) => msg);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(kind: string): Promise<{ way: Way; app: App }> {
  let server = DATABASE;
  if (kind === "rabbitmq") {
    const vhost = await makeVhost();
    closing.push(() => vhost.remove());
    server = vhost.url;
  }
  if (kind === "nats") {
    const place = await makePlace();
    closing.push(() => place.remove());
    server = place.url;
  }
  const { way, url } = await Way.to(server);
  closing.push(() => way.close());
  const app = new App(url);
  closing.push(() => app.stop());
  return { way, app: await app.started() };
}

const kinds = ["postgres", ...(withoutRabbitmq() ? [] : ["rabbitmq"]), ...(withoutNats() ? [] : ["nats"])];

describe.each(kinds)("%s", (kind) => {
  test("an idle app says once that its broker is lost, and once that it is back", async () => {
    const { way, app } = await start(kind);
    way.cut();
    await expect.poll(() => app.of(/^lost broker/), { timeout: 20_000 }).toHaveLength(1);
    expect(app.of(/^lost broker/)[0]).toMatch(/localhost|127\.0\.0\.1/);
    const failed = await app.publish();
    expect(failed).toMatchObject({ code: "unavailable" });
    way.mend();
    await expect.poll(() => app.of(/^reached broker/), { timeout: 20_000 }).toHaveLength(1);
    expect(await app.publish()).toMatchObject({ code: "ok" });
    expect(app.of(/^lost broker/)).toHaveLength(1);
    expect(app.of(/received/)).toEqual([]);
    expect(app.of(/^lost/)).toHaveLength(1);
  }, 60_000);

  test("a connection that leads nowhere costs seconds, and its publish is uncertain", async () => {
    const { way, app } = await start(kind);
    expect(await app.publish()).toMatchObject({ code: "ok" });
    way.fallSilent();
    const silent = await app.publish();
    expect(silent.ms).toBeLessThan(15_000);
    // A connection that was opened meanwhile passes.
    expect(["ok", "unavailable"]).toContain(silent.code);
    const after = await app.publish();
    expect(after).toMatchObject({ code: "ok" });
  }, 60_000);
});
