import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { writeManifest } from "@twinloop/compiler";
import { readApp } from "./app-reading.ts";
import { writeJavaScript, type OutOptions, type Written } from "./build-out.ts";
import type { Arguments } from "./arguments.ts";
import { findEntry } from "./entry.ts";
import { noEntry, reportProblems, reportSuccess, reportWarnings } from "./report.ts";

/**
 * Runs `twinloop build`: writes the manifest, or reports problems and leaves the old manifest alone. With `--out`,
 * also writes JavaScript that plain Node runs; the manifest is written last, so that it never describes JavaScript
 * that could not be written.
 *
 * Shape:  -> the exit code: 0 when all was written, 1 when the app has problems, type errors included, 2 for an entry
 * file that does not exist or a folder that holds the sources.
 */
export async function buildCommand(given: Arguments): Promise<number> {
  const { root, tsconfig, words, out } = given;
  const missing = words.find((word) => !existsSync(resolve(root, word)));
  if (missing !== undefined) return noEntry(root, missing, "build");
  const entries = out === undefined ? [] : findEntries(root, words);
  if (entries === undefined) return 2;
  const { result, problems, types } = await readApp(given);
  if (problems.length + types.length > 0) {
    reportProblems([...problems, ...types], root);
    return 1;
  }
  const { manifest } = result;
  const fault = out === undefined ? undefined : outFault(root, out, Object.keys(manifest.sources));
  if (fault !== undefined) {
    process.stderr.write(`${fault}\n`);
    return 2;
  }
  const folder = out === undefined ? undefined : resolve(root, out);
  const written = folder && (await write({ root, entries, out: folder, tsconfig, manifest }));
  if (written === null) return 1;
  writeManifest(root, manifest);
  reportWarnings(result.warnings, root);
  reportSuccess(result, root, "built .twinloop/manifest.json");
  if (!written) return 0;
  const starts = written.entries.map((file) => `node ${relative(root, file)}`).join(", ");
  const others = ["package.json", ".twinloop/manifest.json", ...written.outside].join(", ");
  process.stdout.write(`wrote ${out}: start it by ${starts}; deploy with it ${others} and the packages\n`);
  return 0;
}

/** Writes the sources as JavaScript; returns `null` after reporting why they cannot be written. */
async function write(options: OutOptions): Promise<Written | null> {
  try {
    return await writeJavaScript(options);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

/** Tells why a folder must not be written to: it contains the app's folder or its sources. */
function outFault(root: string, out: string, sources: readonly string[]): string | undefined {
  const folder = resolve(root, out);
  const isInside = (path: string): boolean => !relative(folder, resolve(root, path)).startsWith("..");
  if (!isInside(".") && !sources.some(isInside)) return undefined;
  return `--out ${out} holds the sources themselves: name a folder of its own, as dist.`;
}

/** Finds the named entry files, or the usual one; `undefined` after reporting a missing one. */
function findEntries(root: string, words: readonly string[]): string[] | undefined {
  const found: string[] = [];
  for (const word of words.length === 0 ? [undefined] : words) {
    const entry = findEntry(root, word);
    if (entry === undefined) {
      noEntry(root, word, "build --out dist");
      return undefined;
    }
    found.push(entry);
  }
  return found;
}
