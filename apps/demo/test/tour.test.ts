import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Demo } from "./demo-process.ts";
import { PROVIDERS, type Place } from "./place.ts";

const run = promisify(execFile);
const LONG = { timeout: 60_000 };
/** Half of what a stop waits for open connections where it does. */
const CONNECTIONS_MS = 5_000;

describe.each(PROVIDERS)("on $provider", ({ makePlace }) => {
  const demos: Demo[] = [];
  let place: Place;

  beforeAll(async () => {
    place = await makePlace();
  });
  afterEach(() => Promise.all(demos.splice(0).map((demo) => demo.stop())));
  afterAll(() => place?.remove());

  async function startDemo(): Promise<Demo> {
    const demo = await Demo.start(place);
    demos.push(demo);
    return demo;
  }

  test("the printed commands answer as printed, also a second time", LONG, async () => {
    const { url, steps, output } = await startDemo();
    expect(output).toContain(`The demo runs at ${url}`);
    for (const { command } of steps) expect(command).toContain(url);
    await expectAsPrinted([...steps, ...steps]);
    expect(steps.map(({ prints }) => /\b[2-4]\d\d\b/.exec(prints.replace(url, ""))?.[0])).toEqual([
      "200",
      "302",
      "400",
      "404",
    ]);
  });

  test("the one that watches shows a click when a link is followed", LONG, async () => {
    const { watch, steps } = await startDemo();
    const [program = "", ...args] = watch.split(" ");
    const watching = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
    const heard = once(watching.stdout, "data");
    // Until the watcher is heard by the server, its clicks are counted without it.
    const clicks: Promise<unknown>[] = [];
    const following = setInterval(() => clicks.push(run("sh", ["-c", steps[1]!.command])), 200);
    const [event] = (await heard) as [Buffer];
    clearInterval(following);
    await Promise.all(clicks);
    watching.kill();
    expect(event.toString()).toMatch(/^event: count\ndata: \{"slug":"hello","clicks":\d+\}\n/);
  });

  test("they answer as printed when an earlier run has used their names", LONG, async () => {
    const first = await startDemo();
    for (const slug of ["hello", "my-link", "my-link-2"]) {
      await fetch(`${first.url}/links/${slug}`, { method: "DELETE" });
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ url: "https://example.com/another", slug });
      await fetch(`${first.url}/links`, { method: "POST", headers, body });
    }
    await first.signal("SIGTERM");
    const { url, steps } = await startDemo();
    await expectAsPrinted(steps);
    const kept = await fetch(`${url}/links/my-link`).then((response) => response.json());
    expect(kept).toMatchObject({ url: "https://example.com/another" });
  });

  test("Ctrl-C ends it without waiting for a browser's open connections", LONG, async () => {
    const demo = await startDemo();
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve, reject) => {
      get(demo.url, { agent }, (response) => response.resume().on("end", resolve)).on("error", reject);
    });
    const live = await fetch(`${demo.url}/live`);
    const { code, signal, afterMs } = await demo.signal("SIGINT");
    agent.destroy();
    expect(await live.text()).toBe("");
    expect(signal).toBeNull();
    expect([0, 130]).toContain(code);
    expect(afterMs).toBeLessThan(CONNECTIONS_MS);
  });
});

async function expectAsPrinted(steps: Demo["steps"]): Promise<void> {
  for (const { command, prints } of steps) {
    const { stdout } = await run("sh", ["-c", command]);
    expect(stdout).toBe(`${prints}\n`);
  }
}
