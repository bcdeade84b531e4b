import { execFile } from "node:child_process";
import { Agent, get } from "node:http";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { Demo } from "./demo-process.ts";

const run = promisify(execFile);
const demos: Demo[] = [];

afterEach(() => Promise.all(demos.splice(0).map((demo) => demo.stop())));

async function startDemo(): Promise<Demo> {
  const demo = await Demo.start();
  demos.push(demo);
  return demo;
}

test("the three printed commands answer as printed, also a second time", async () => {
  const { url, steps, output } = await startDemo();
  expect(output).toContain(`The demo runs at ${url}`);
  for (const { command, prints } of [...steps, ...steps]) {
    expect(command).toContain(url);
    const { stdout } = await run("sh", ["-c", command]);
    expect(stdout).toBe(`${prints}\n`);
  }
  expect(steps.map(({ prints }) => /\b[2-4]\d\d\b/.exec(prints.replace(url, ""))?.[0])).toEqual([
    "200",
    "302",
    "400",
  ]);
});

test("Ctrl-C ends it within a second, with a browser's connection open", async () => {
  const demo = await startDemo();
  const agent = new Agent({ keepAlive: true });
  await new Promise((resolve, reject) => {
    get(demo.url, { agent }, (response) => response.resume().on("end", resolve)).on("error", reject);
  });
  const { code, signal, afterMs } = await demo.signal("SIGINT");
  agent.destroy();
  expect(signal).toBeNull();
  expect([0, 130]).toContain(code);
  expect(afterMs).toBeLessThan(1000);
});
