import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownName, providers, type Provider } from "./behaviour/providers.ts";

const app = fileURLToPath(new URL("fixtures/move-app.mjs", import.meta.url));
const KILLS = 6;

type Ids = Readonly<Record<"waiting" | "delayed" | "dead", readonly string[]>>;
type Found = Ids & {
  readonly inFlight: readonly string[];
  readonly tried: number;
  readonly deadAttempts: number[];
};
type Seen = { readonly [Name in "old" | "new"]?: Found };

function start(role: string, topic: string, url: string) {
  const env = { ...process.env, PUBSUB_URL: url, LOG_LEVEL: "error" };
  return fork(app, [role, topic], { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/** Runs a role to its end. */
async function run<T>(role: string, topic: string, url: string): Promise<T> {
  const child = start(role, topic, url);
  let said: { result: T } | undefined;
  child.on("message", (message) => {
    if (typeof message === "object") said = message as { result: T };
  });
  const [code] = (await once(child, "exit")) as [number];
  expect(code, `${role} ends well`).toBe(0);
  return said!.result;
}

type Mover = "move" | "adopt";

/** Kills a move a while after it has begun; false where it was done before. */
async function kill(role: Mover, topic: string, url: string, afterMs: number): Promise<boolean> {
  const child = start(role, topic, url);
  const ended = once(child, "exit");
  await once(child, "message");
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  const [, signal] = (await ended) as [number, string | null];
  return signal === "SIGKILL";
}

const isLeft = ({ waiting = [], delayed = [], dead = [], inFlight = [] }: Partial<Found> = {}): boolean =>
  waiting.length + delayed.length + dead.length + inFlight.length > 0;

async function loseNothing(role: Mover, { name, url }: Provider): Promise<void> {
  const topic = ownName("move");
  const published = await run<Ids>("fill", topic, url());
  await run("make", topic, url());
  let kills = 0;
  // Shorter and longer ones by turns: the first moments of a move and its middle. The first is the shortest: a quick machine
  // would be done before any other.
  for (let round = 0; round < KILLS; round++) {
    const withinMs = [0, 400, 60][round % 3]!;
    if (await kill(role, topic, url(), Math.random() * withinMs)) kills++;
  }
  expect(kills).toBeGreaterThan(0);
  await run(role, topic, url());
  let seen = await run<Seen>("look", topic, url());
  // What a killed process held is given back when a broker has seen its connection end, or its lease is over, and only then is moved.
  for (let again = 0; again < 20 && isLeft(seen.old); again++) {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await run(role, topic, url());
    seen = await run<Seen>("look", topic, url());
  }
  const target = seen.new!;
  for (const state of ["waiting", "delayed", "dead"] as const) {
    expect(seen.old?.[state] ?? [], `${state} in the source`).toEqual([]);
    const there = new Set(target[state]);
    const missing = published[state].filter((id) => !there.has(id));
    expect(missing, `${state}, and not in the target`).toEqual([]);
    expect(there.size, `${state} in the target`).toBe(published[state].length);
  }
  expect(target.dead, "a dead letter stands once in the list").toHaveLength(published.dead.length);
  expect(target.deadAttempts).toEqual([1]);
  // AMQP and NATS move by a copy that is confirmed before the original ends: a kill between the two leaves both.
  if (name === "rabbitmq" || name === "nats") return;
  expect(target.waiting).toHaveLength(published.waiting.length);
  expect(target.delayed).toHaveLength(published.delayed.length);
  expect(target.tried, "messages that count an attempt that no handler had").toBe(0);
}

const shared = providers.filter(({ isShared }) => isShared);

test.for(shared.filter(({ skipped }) => skipped))("$name is left out", ({ skipped }, context) => {
  context.skip(skipped);
});

describe.each(shared.filter(({ skipped }) => !skipped))("$name", (provider) => {
  beforeAll(async () => provider.prepare?.());
  afterAll(async () => provider.remove?.());

  test("a move that is killed again and again loses no message", { timeout: 110_000 }, () =>
    loseNothing("move", provider),
  );

  test("a former name's messages are all taken over by starts that are killed", { timeout: 110_000 }, () =>
    loseNothing("adopt", provider),
  );

  // An embedded file has one process, and nobody else deletes there.
  test.skipIf(provider.name === "embedded")(
    "a subscription that a process serves is not deleted until it has stopped",
    { timeout: 60_000 },
    async () => {
      const topic = ownName("served");
      const serving = start("serve", topic, provider.url());
      await once(serving, "message");
      const seen = async () => run<string | number>("remove", topic, provider.url());
      expect(await seen()).toBe("failed_precondition");
      const ended = once(serving, "exit");
      serving.send("stop");
      await ended;
      // A broker learns of it a moment later.
      await expect.poll(seen, { timeout: 20_000 }).toBe(0);
    },
  );
});
