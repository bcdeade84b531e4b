import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { storm } from "../../../packages/api/test/storm.ts";

/** `FULL=1` is the long form. */
const FULL = process.env["FULL"] !== undefined;
/** In ten stages. */
const REQUESTS = FULL ? 10_000_000 : 200_000;
const WITH_ALL = FULL ? 500_000 : 20_000;
const STORMED = FULL ? 50_000 : 4_000;
/** Requests after which V8's young generation has grown as far as this load makes it: it grows in steps of several MiB. */
const WARM_UP = 20_000;
const STAGES = 10;
/** What the allocators may settle within; a leak of two bytes a request would be 20 MB in the long form. */
const MAX_GROWTH_MIB = 16;
const MAX_HEAP_GROWTH_MIB = 2;

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const FIXTURE = fileURLToPath(new URL("fixtures/memory.mjs", import.meta.url));
const MIB = 1 << 20;

interface Measured {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly inFlight: number;
  readonly isolates: number;
  readonly used: number;
  readonly waiting: number;
  readonly handles: number;
  readonly delivered: number;
}

class Running {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly ended: Promise<unknown[]>;
  url = "";

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines[Symbol.asyncIterator]();
    this.ended = once(child, "close");
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<Running> {
    const child = spawn(process.execPath, ["--expose-gc", FIXTURE], {
      env: {
        ...process.env,
        PORT: "0",
        DATABASE_URL_MEMORY: SERVER,
        PUBSUB_URL: "memory:",
        LOG_LEVEL: "error",
        ...env,
      },
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const running = new Running(child, createInterface({ input: child.stdout }));
    running.url = await running.#says("listening ");
    return running;
  }

  async measure(): Promise<Measured> {
    this.#child.stdin!.write("measure\n");
    return JSON.parse(await this.#says("measured ")) as Measured;
  }

  /** How it ended. */
  stop(): Promise<unknown[]> {
    this.#child.stdin!.end();
    return this.ended;
  }

  async #says(start: string): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`the app ended without "${start}"`);
      if (value.startsWith(start)) return value.slice(start.length);
    }
  }
}

async function send(url: string, requests: number, connections: number): Promise<void> {
  const body = JSON.stringify({ n: 7, text: "grün und blau ".repeat(8) });
  const { statuses, errors } = await storm({ url, method: "POST", body, connections, requests });
  expect({ errors, 200: statuses["200"]?.count }).toEqual({ errors: 0, 200: requests });
  expect(Object.keys(statuses)).toEqual(["200"]);
}

/** Sends so many requests in stages, and says what was held after each. */
async function inStages(
  running: Running,
  path: string,
  requests: number,
  connections: number,
): Promise<Measured[]> {
  await send(running.url + path, Math.max(requests / STAGES, WARM_UP), connections);
  const stages: Measured[] = [];
  for (let stage = 0; stage < STAGES; stage++) {
    await send(running.url + path, requests / STAGES, connections);
    stages.push(await running.measure());
  }
  return stages;
}

function report(what: string, requests: number, stages: readonly Measured[]): void {
  const mib = (bytes: number): number => Math.round((bytes / MIB) * 10) / 10;
  const sizes = stages.map(({ rss, heapUsed }) => `${mib(rss)}/${mib(heapUsed)}`);
  console.log(`${requests} ${what}, MiB resident/heap: ${sizes.join(" ")}`);
}

test.each([
  ["requests", "/echo", REQUESTS, 64],
  ["requests with a query and a publish each", "/all", WITH_ALL, 32],
])(
  "S25: %s leave no memory, handle or operation behind",
  { timeout: 120_000 + REQUESTS / 2 },
  async (what, path, requests, connections) => {
    const running = await Running.start();
    const stages = await inStages(running, path, requests, connections);
    report(what, requests, stages);
    const [first, last] = [stages[1]!, stages.at(-1)!];
    expect((last.rss - first.rss) / MIB).toBeLessThan(MAX_GROWTH_MIB);
    expect((last.heapUsed - first.heapUsed) / MIB).toBeLessThan(MAX_HEAP_GROWTH_MIB);
    expect((last.external - first.external) / MIB).toBeLessThan(MAX_HEAP_GROWTH_MIB);
    for (const { inFlight, isolates, used, waiting, handles } of stages) {
      expect({ inFlight, isolates, used, waiting }).toEqual({
        inFlight: 0,
        isolates: 1,
        used: 0,
        waiting: 0,
      });
      expect(handles).toBe(first.handles);
    }
    expect(await running.stop()).toEqual([0, null]);
  },
);

test(
  "S25: collections at every turn, while requests, queries and deliveries are in flight, harm none of them",
  { timeout: 120_000 + STORMED * 10 },
  async () => {
    const running = await Running.start({ GC_STORM: "1" });
    await send(`${running.url}/all`, STORMED, 64);
    await send(`${running.url}/echo`, STORMED, 64);
    await expect.poll(async () => (await running.measure()).delivered, { timeout: 20_000 }).toBe(STORMED);
    expect(await running.stop()).toEqual([0, null]);
  },
);
