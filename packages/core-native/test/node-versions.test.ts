import { expect, test, vi } from "vitest";
import { findNode, INSTALL_COMMAND, MAJORS, unsupportedReason } from "../../../tools/node-versions/nodes.mjs";
import { post, run } from "./child.ts";

// Each test starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

/** Starts the app, is answered, is refused, and stops it. */
async function smoke(node: string, version: string): Promise<void> {
  const child = run("smoke-app.mjs", { node });
  const [, url, running] = await child.says(/listening (http:\S+) on v(\S+)/);
  expect(running).toMatch(new RegExp(`^${version}\\b`));
  const good = await post(`${url}/double`, { value: 21 });
  expect([good.status, await good.json()]).toEqual([200, { doubled: 42, handled: 1 }]);
  expect((await post(`${url}/double`, { value: "21" })).status).toBe(400);
  expect(await (await post(`${url}/double`, { value: 1 })).json()).toEqual({ doubled: 2, handled: 2 });
  child.process.kill("SIGTERM");
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null });
}

/** Processes and workers end in the middle of what they do. */
async function endings(node: string): Promise<void> {
  for (const [ending, code] of [
    ["in flight", 3],
    ["in beforeExit", 3],
    ["in an exit listener", 3],
    ["uncaught exception", 1],
  ] as const) {
    const child = run("exits.mjs", { node, args: [ending] });
    expect(await child.ended, child.output()).toEqual({ code, signal: null });
  }
  for (const ending of ["exit", "throwing", "flooding"]) {
    const child = run("isolates-come-and-go.mjs", { node, args: [ending, "10"] });
    await child.says(/lives on \{/);
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null });
  }
}

test("S30: an app is served, refuses and stops on this Node", () =>
  smoke(process.execPath, process.versions.node));

test.for(MAJORS)("S30: an app is served, refuses and stops on Node %s", async (major, { skip }) => {
  const node = findNode(major);
  if (node === null)
    return skip(unsupportedReason() ?? `Node ${major} is not installed; \`${INSTALL_COMMAND}\` brings it`);
  await smoke(node, major);
});

test.for(MAJORS)(
  "S30: processes and workers end in flight with their own code on Node %s",
  async (major, { skip }) => {
    const node = findNode(major);
    if (node === null)
      return skip(unsupportedReason() ?? `Node ${major} is not installed; \`${INSTALL_COMMAND}\` brings it`);
    await endings(node);
  },
);
