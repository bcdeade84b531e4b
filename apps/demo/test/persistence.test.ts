import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Demo, EndedEarly } from "./demo-process.ts";
import { embeddedPlace, PROVIDERS, type Place } from "./place.ts";

const LONG = { timeout: 60_000 };

let place: Place;
let demo: Demo | undefined;

afterEach(() => demo?.stop());

async function create(slug: string): Promise<number> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ url: "https://example.com/kept", slug });
  return (await fetch(`${demo!.url}/links`, { method: "POST", headers, body })).status;
}

async function read(slug: string): Promise<{ readonly code: string; readonly clicks: number }> {
  const response = await fetch(`${demo!.url}/links/${slug}`);
  return (await response.json()) as { code: string; clicks: number };
}

async function follow(slug: string): Promise<string | null> {
  const { code } = await read(slug);
  return (await fetch(`${demo!.url}/s/${code}`, { redirect: "manual" })).headers.get("location");
}

describe.each(PROVIDERS)("on $provider", ({ makePlace }) => {
  beforeAll(async () => {
    place = await makePlace();
  });
  afterAll(() => place?.remove());

  test("links and their clicks are there after a restart", LONG, async () => {
    demo = await Demo.start(place);
    expect(await create("kept")).toBe(200);
    expect(await follow("kept")).toBe("https://example.com/kept");
    expect((await demo.signal("SIGTERM")).code).toBe(0);

    demo = await Demo.start(place);
    expect(await follow("kept")).toBe("https://example.com/kept");
    await expect.poll(async () => (await read("kept")).clicks, { timeout: 10_000 }).toBe(2);
  });

  test("what was answered is there after kill -9", LONG, async () => {
    demo = await Demo.start(place);
    const slugs = Array.from({ length: 20 }, (_, index) => `killed-${index}`);
    expect(new Set(await Promise.all(slugs.map(create)))).toEqual(new Set([200]));
    await demo.signal("SIGKILL");

    demo = await Demo.start(place);
    for (const slug of slugs) expect(await follow(slug)).toBe("https://example.com/kept");
  });
});

describe("the embedded PostgreSQL", () => {
  beforeAll(async () => {
    place = await embeddedPlace();
  });
  afterAll(() => place?.remove());

  test.runIf(process.platform === "linux")("is gone when the demo was ended or killed", LONG, async () => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
      demo = await Demo.start(place);
      expect(processesIn(place.folder).filter(isServer)).not.toEqual([]);
      await demo.signal(signal);
      // A demo that was asked to end has waited for its server; after a kill the server notices by itself.
      if (signal !== "SIGKILL") expect(processesIn(place.folder).filter(isServer)).toEqual([]);
      await expect.poll(() => processesIn(place.folder), { timeout: 10_000 }).toEqual([]);
    }
  });

  test("serves two demos of one folder at once", LONG, async () => {
    demo = await Demo.start(place);
    const second = await Demo.start(place);
    expect(await create("shared")).toBe(200);
    const { status } = await fetch(`${second.url}/links/shared`);
    expect(status).toBe(200);
    await second.signal("SIGTERM");
    expect(await follow("shared")).toBe("https://example.com/kept");
  });
});

describe("in production", () => {
  beforeAll(async () => {
    place = await embeddedPlace();
  });
  afterAll(() => place?.remove());

  test("a key of its own is asked for, with all else that is missing", LONG, async () => {
    const production = { NODE_ENV: "production" };
    const error = await Demo.start({ ...place, env: production }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(EndedEarly);
    const { code, output } = error as EndedEarly;
    expect(code).toBe(1);
    for (const missing of ["LINK_KEY", "ADMIN_PASSWORD", "DATABASE_URL", "PUBSUB_URL"])
      expect(output).toContain(missing);
  });
});

describe("a DATABASE_URL that is wrong", () => {
  beforeAll(async () => {
    place = await embeddedPlace();
  });
  afterAll(() => place?.remove());

  test.each([
    ["names a port where nothing listens", "postgres://postgres@127.0.0.1:1/links", "127.0.0.1:1"],
    ["names a host that there is not", "postgres://postgres@nowhere.invalid/links", "nowhere.invalid"],
    ["is no address at all", "links.db", "DATABASE_URL"],
  ])("and %s ends the demo with one error that says so", LONG, async (_title, url, named) => {
    const error = await Demo.start({ ...place, env: { DATABASE_URL: url } }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(EndedEarly);
    const { code, output } = error as EndedEarly;
    expect(code).toBe(1);
    expect(output).toContain(named);
    expect(output).toContain("DATABASE_URL");
    expect(output.match(/Error/g)?.length).toBeLessThanOrEqual(2);
  });
});

const isServer = (command: string): boolean => /^postgres:|\/bin\/postgres /.test(command);

/** The commands of the processes that run in a folder, or on what is in it. */
function processesIn(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        const inside = command.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
        return inside ? [command] : [];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}
