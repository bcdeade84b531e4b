import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Manifest } from "@twinloop/compiler";
import { findTsconfig, moduleFormat, TsconfigOf } from "@twinloop/compiler/source-code";
import { rolldown } from "rolldown";
import { Sources } from "./sources-plugin.ts";

/** The entries and the target folder of a build. */
export interface OutOptions {
  readonly root: string;
  /** The absolute paths of the sources that Node is started with. */
  readonly entries: readonly string[];
  /** The absolute path of the folder to write to. */
  readonly out: string;
  readonly tsconfig: string | undefined;
  readonly manifest: Manifest;
}

/** The result of a build to JavaScript. */
export interface Written {
  /** The absolute paths of the written files to start Node with. */
  readonly entries: readonly string[];
  /** The folders, relative to the root, that the app reads at run time and that are not in `out`. */
  readonly outside: readonly string[];
}

/**
 * Writes the app as JavaScript that plain Node runs: a file for each source, in the same folders, with source maps.
 *
 * Shape:  imports are found and files compiled as the loader does it; packages stay imports. CommonJS where the app is
 *         CommonJS and its entry does not await. Files that sources name by `new URL("./x", import.meta.url)`, and the
 *         folders of migrations and static files beside them, are copied.
 * Errors: those of rolldown, with the file and place.
 */
export async function writeJavaScript(options: OutOptions): Promise<Written> {
  const { root, entries, out } = options;
  const asked = options.tsconfig ?? process.env["TWINLOOP_TSCONFIG"];
  const tsconfig = asked ? (findTsconfig(root, asked, entries[0]) ?? undefined) : undefined;
  const base = sourceRoot(root, entries);
  const tsconfigs = new TsconfigOf(tsconfig);
  const isCommonJs = (entry: string): boolean =>
    moduleFormat(entry, readFileSync(entry, "utf8")) === "commonjs";
  const format = entries.every(isCommonJs) ? "cjs" : "esm";
  const sources = new Sources(tsconfigs, format);
  const bundle = await rolldown({
    input: [...entries],
    cwd: root,
    platform: "node",
    treeshake: false,
    plugins: [sources.plugin()],
    // A slow build is no problem of the app, and rolldown would warn of it on a busy machine.
    checks: { circularDependency: false, bundlerTimings: false },
    logLevel: "warn",
  });
  try {
    await bundle.write({
      dir: out,
      format,
      sourcemap: true,
      preserveModules: true,
      preserveModulesRoot: base,
      entryFileNames: "[name].js",
      exports: "named",
      banner: ({ moduleIds }) => sources.globalsOf(moduleIds),
    });
  } finally {
    await bundle.close();
  }
  writePackageType(root, out, format);
  for (const asset of sources.assets) copyInto(out, base, asset);
  return { entries: entries.map((entry) => outputOf(out, base, entry)), outside: copyFolders(options, base) };
}

/** Finds the folder that `out` mirrors: the entries' first folder below the root, such as `src`, else the root. */
function sourceRoot(root: string, entries: readonly string[]): string {
  const tops = new Set(entries.map((entry) => relative(root, dirname(entry)).split(sep)[0] ?? ""));
  const [top = ""] = tops;
  return tops.size === 1 && top !== ".." ? join(root, top) : root;
}

/** The written file of a source. */
function outputOf(out: string, base: string, source: string): string {
  return join(out, relative(base, source).replace(/\.[cm]?[jt]sx?$/, ".js"));
}

/**
 * Writes a package.json with the module format to `out`, where the nearest one above would give `.js` files another
 * format.
 */
function writePackageType(root: string, out: string, format: "esm" | "cjs"): void {
  const type = format === "esm" ? "module" : "commonjs";
  const own = join(out, "package.json");
  if (packageType(root) !== type) writeFileSync(own, `${JSON.stringify({ type })}\n`);
  // A package.json of an earlier build in the other format would be wrong now.
  else if (existsSync(own) && packageType(out) !== type) rmSync(own);
}

/** The module format that a folder's package.json gives to `.js` files. Source: Node.js, "Packages", `type`. */
function packageType(root: string): string {
  const path = join(root, "package.json");
  const { type } = (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}) as { type?: string };
  return type === "module" ? "module" : "commonjs";
}

/** Copies folders that lie among the sources. Other folders stay in place, and are deployed from there. */
function copyFolders({ root, out, manifest }: OutOptions, base: string): string[] {
  const declared = manifest.declarations.flatMap(({ folders = [], options }) =>
    folders.map((option) => String(options[option])),
  );
  const served = manifest.endpoints.flatMap(({ dir }) => dir ?? []);
  // Of an earlier build no file of these stays: a migration that was renamed would run under both names.
  for (const folder of declared) {
    const inner = relative(base, resolve(root, folder));
    if (inner !== "" && !inner.startsWith("..")) rmSync(join(out, inner), { recursive: true, force: true });
  }
  const folders = [...declared, ...served].filter((folder) => existsSync(resolve(root, folder)));
  const outside = new Set<string>();
  for (const folder of new Set(folders)) {
    if (!copyInto(out, base, resolve(root, folder))) outside.add(folder);
  }
  return [...outside];
}

/**
 * Copies a file or folder to the same place below `out`. Shape: -> false where it does not lie among the sources, or
 * would contain the copy.
 */
function copyInto(out: string, base: string, path: string): boolean {
  const inner = relative(base, path);
  const holdsOut = !relative(path, out).startsWith("..");
  if (inner === "" || inner.startsWith("..") || holdsOut) return false;
  mkdirSync(dirname(join(out, inner)), { recursive: true });
  cpSync(path, join(out, inner), { recursive: true });
  return true;
}
