import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Manifest } from "@twinloop/core-native/build-time";

/** The path of a project's manifest: `<projectRoot>/.twinloop/manifest.json`. */
export function manifestPath(projectRoot: string): string {
  return join(projectRoot, ".twinloop", "manifest.json");
}

/**
 * Writes the manifest atomically: a reader sees the old file or the new one.
 *
 * Shape:  equal manifests give equal bytes; an unchanged file is not touched.
 * Errors: those of `node:fs`.
 * @returns the path of the manifest.
 */
export function writeManifest(projectRoot: string, manifest: Manifest): string {
  const path = manifestPath(projectRoot);
  const text = manifestText(manifest);
  if (readText(path) === text) return path;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return path;
}

/** Reads the manifest in `.twinloop/`; null when there is none, or one of another compiler version. */
export function readManifest(projectRoot: string): Manifest | null {
  const text = readText(manifestPath(projectRoot));
  if (text === null) return null;
  try {
    const manifest = JSON.parse(text) as Manifest;
    return manifest.version === 2 ? manifest : null;
  } catch {
    return null;
  }
}

/** The text of a manifest, with one type, endpoint or entry per line, which keeps diffs readable and the file small. */
export function manifestText(manifest: Manifest): string {
  const sections = Object.entries(manifest).map(
    ([key, value]) => `${JSON.stringify(key)}: ${sectionText(value)}`,
  );
  return `{\n${sections.join(",\n")}\n}\n`;
}

function sectionText(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? "[]" : `[\n${value.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${JSON.stringify(item)}`,
  );
  return entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n}`;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
