import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  findNode,
  INSTALL_COMMAND,
  unsupportedReason,
  wantedVersions,
} from "../../../../tools/node-versions/nodes.mjs";
import { runCommand } from "../../../../tools/setup/command.mjs";
import { packOnce } from "./packed-once.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const SMOKE = fileURLToPath(new URL("../../../../tools/release/smoke.mjs", import.meta.url));
/** The newest alone in the short form: the Node that runs the tests has installed and run all packages beside this file. */
const VERSIONS = process.env["FULL"] ? wantedVersions() : wantedVersions().slice(-1);

let home: string;
let packed: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "twinloop-nodes-"));
  packed = dirname((await packOnce())[0]!.file);
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

test.for(VERSIONS)("S30: packed packages install and answer on a bare Node %s", async (version, { skip }) => {
  const node = findNode(version);
  if (node === null)
    return skip(unsupportedReason() ?? `Node ${version} is not installed; \`${INSTALL_COMMAND}\` brings it`);
  // npm is a program of whatever Node comes first.
  const bin = join(home, version);
  mkdirSync(bin);
  symlinkSync(node, join(bin, "node"));
  const { code, stdout, stderr } = await runCommand(node, [SMOKE, packed], {
    cwd: dirname(SMOKE),
    env: { PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  expect(code, `${stdout}${stderr}`).toBe(0);
  const answered = [...stdout.matchAll(/Node (\S+): (\S+) answers/g)].map(([, running, name]) => [
    running,
    name,
  ]);
  expect(answered.map(([, name]) => name)).toEqual([
    "@twinloop/api",
    "@twinloop/pubsub",
    "@twinloop/cron",
    "@twinloop/secrets",
  ]);
  for (const [running] of answered) expect(`${running}.`.startsWith(`${version}.`)).toBe(true);
});
