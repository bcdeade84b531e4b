import { existsSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { ManifestInputs } from "@twinloop/core-native/build-time";
import { declaresHash, installedPackages } from "../imports/installed-packages.ts";
import { hashFile } from "./file-hash.ts";
import { nameIn } from "./package-of.ts";
import { relativePath } from "./relative-path.ts";
import { sourceListing } from "./source-listing.ts";
import { configurationHash, findTsconfig } from "../typescript/tsconfig.ts";
import { compilerVersion } from "./version.ts";
import { readManifest } from "./write-manifest.ts";

/** The options that an app was read with. */
export interface StaleOptions {
  /** The path of the tsconfig. */
  readonly tsconfig?: string | undefined;
  /** The file that starts the app, which is read even where the tsconfig does not include it. */
  readonly entry?: string | undefined;
}

/**
 * Whether `.twinloop/manifest.json` is missing, of another compiler version, or older than the files it was made from.
 *
 * Shape:  the result depends on the sources regardless of their line ends, on the list of sources, on the compiler
 * options that affect types, on the names of packages, and on what the installed ones say of
 *         their declarations; on nothing else.
 * Units:  reads and hashes every recorded source; about 10 ms for 300 files. Does not load TypeScript.
 */
export function isStale(projectRoot: string, { tsconfig, entry }: StaleOptions = {}): boolean {
  const manifest = readManifest(projectRoot);
  if (manifest === null || manifest.compiler !== compilerVersion || !manifest.inputs) return true;
  const { packages, configuration, listing, declares } = manifest.inputs;
  if (entry !== undefined && isSource(projectRoot, entry)) {
    if (!Object.hasOwn(manifest.sources, relativePath(projectRoot, entry))) return true;
  }
  return (
    Object.entries(manifest.sources).some(([file, hash]) => hashFile(resolve(projectRoot, file)) !== hash) ||
    Object.entries(packages).some(([folder, name]) => nameIn(resolve(projectRoot, folder)) !== name) ||
    configurationHash(findTsconfig(projectRoot, tsconfig, entry)) !== configuration ||
    sourceListing(projectRoot) !== listing ||
    declaresHash(installedPackages(projectRoot)) !== declares
  );
}

function isSource(root: string, entry: string): boolean {
  const from = relative(root, entry);
  return /\.[cm]?tsx?$/.test(entry) && !from.startsWith("..") && !isAbsolute(from) && existsSync(entry);
}

/** The inputs that the manifest of these sources depends on beside them. */
export function inputsOf(
  root: string,
  tsconfig: string | null,
  packages: ManifestInputs["packages"],
): Omit<ManifestInputs, "declares"> {
  return { packages, configuration: configurationHash(tsconfig), listing: sourceListing(root) };
}
