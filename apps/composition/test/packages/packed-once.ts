import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject, vi } from "vitest";
import { runCommand } from "../../../../tools/setup/command.mjs";
import { packAll, type Packed } from "../../../../tools/release/pack.mjs";
import { everythingHere } from "../../../../tools/release/stage.mjs";

/** What the first test file that asked leaves for the others. */
type Outcome = { readonly packed: readonly Packed[] } | { readonly failed: string };

const LIMIT_MS = 170_000;

/**
 * Packs the packages as they are published, once for all test files of a run: whichever asks first does, and the others wait for it. They
 * are not to be changed or deleted.
 */
export async function packOnce(): Promise<readonly Packed[]> {
  const home = inject("packedHome");
  const file = join(home, "outcome.json");
  if (isFirst(home)) {
    // Renamed into place: the others read it as soon as it is there.
    writeFileSync(`${file}.tmp`, JSON.stringify(await pack(home)));
    renameSync(`${file}.tmp`, file);
  }
  const read = (): Outcome => JSON.parse(readFileSync(file, "utf8"));
  const outcome = await vi.waitFor(read, { timeout: LIMIT_MS, interval: 100 });
  if ("failed" in outcome) throw new Error(outcome.failed);
  return outcome.packed;
}

function isFirst(home: string): boolean {
  try {
    mkdirSync(join(home, "packed"));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function pack(home: string): Promise<Outcome> {
  try {
    const { addons, packages } = everythingHere();
    const stripped = addons.map(async ({ platform, file }) => ({ platform, file: await strip(file, home) }));
    return { packed: await packAll(join(home, "packed"), { addons: await Promise.all(stripped), packages }) };
  } catch (error) {
    return { failed: String(error) };
  }
}

/** Takes the symbols out of an addon, as the published one has none: half of one that is not optimised, which each install unpacks. */
async function strip(file: string, home: string): Promise<string> {
  const stripped = join(home, "stripped.node");
  const done = await runCommand("strip", ["-o", stripped, file]);
  return process.platform === "linux" && done.code === 0 ? stripped : file;
}
