import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { createFilesMatcher, parseTsconfig, type TsConfigJsonResolved } from "get-tsconfig";

/** A tsconfig, merged with those it extends. */
export interface Tsconfig {
  /** The absolute path, `/`-separated. */
  readonly path: string;
  readonly config: TsConfigJsonResolved;
}

/**
 * Finds the tsconfig that an app is read by.
 *
 * Shape:  the app's root and a path relative to it -> the file; of a solution, which only refers to other projects, the
 * project that contains the entry. Null where there is none.
 * Errors: `Error` where the given file does not exist.
 */
export function findTsconfig(root: string, given?: string, entry?: string): string | null {
  const asked = given ?? (process.env["TWINLOOP_TSCONFIG"] || undefined);
  const path = slashed(asFile(resolve(root, asked ?? "tsconfig.json")));
  if (existsSync(path)) return inSolution(path, entry);
  if (asked !== undefined) throw new Error(`There is no tsconfig ${path}.`);
  return null;
}

/** Tells whether a file of an app lies in a folder with a tsconfig of its own, such as a front end's, and not the app's. */
export function isOfOtherTsconfig(
  file: string,
  { root, tsconfig }: { root: string; tsconfig: string | null },
): boolean {
  for (let folder = dirname(file); folder.startsWith(`${root}/`); folder = dirname(folder)) {
    const nearest = join(folder, "tsconfig.json");
    if (existsSync(nearest)) return tsconfig === null || dirname(tsconfig) !== folder;
  }
  return false;
}

/** Reads a tsconfig; null where it cannot be read, which TypeScript itself reports. */
export function readTsconfig(path: string): Tsconfig | null {
  try {
    return { path, config: parseTsconfig(path) };
  } catch {
    return null;
  }
}

/** The project of a solution that contains the entry, because a solution has no files of its own. */
function inSolution(path: string, entry: string | undefined): string {
  const projects = projectsOf(path, new Set());
  if (projects.length === 0) return path;
  const usual = ["src/app.ts", "src/index.ts", "src/main.ts", "app.ts", "index.ts", "main.ts"];
  const entries = (entry === undefined ? usual : [entry]).map((name) => resolve(dirname(path), name));
  const present = entries.filter((file) => existsSync(file));
  const having = projects.find((project) => {
    const tsconfig = readTsconfig(project);
    if (tsconfig === null) return false;
    const has = createFilesMatcher(tsconfig);
    return present.some((file) => has(slashed(file)) !== undefined);
  });
  return having ?? projects[0]!;
}

/** The projects that a solution refers to, transitively; none for a tsconfig with files of its own. */
export function projectsOf(path: string, seen: Set<string>): string[] {
  seen.add(path);
  const config = readTsconfig(path)?.config;
  const isSolution = config?.files?.length === 0 && (config.include ?? []).length === 0;
  if (config === undefined || !isSolution) return [];
  const references = (config.references ?? []).map(({ path: to }) =>
    slashed(asFile(resolve(dirname(path), to))),
  );
  return references
    .filter((reference) => existsSync(reference) && !seen.has(reference))
    .flatMap((reference) => {
      const inner = projectsOf(reference, seen);
      return inner.length > 0 ? inner : [reference];
    });
}

function asFile(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    ? join(path, "tsconfig.json")
    : path;
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** The paths of a tsconfig and of those it extends, by path or from a package. */
export function tsconfigChain(path: string): string[] {
  const chain: string[] = [];
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (chain.includes(next) || !existsSync(next)) continue;
    chain.push(next);
    for (const base of extendedPaths(readFileSync(next, "utf8"))) pending.push(...resolveBase(next, base));
  }
  return chain;
}

/** The values of `extends`, found in the text, because a tsconfig may contain comments and trailing commas. */
function extendedPaths(text: string): string[] {
  const value = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(text)?.[1] ?? "";
  return [...value.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
}

function resolveBase(from: string, base: string): string[] {
  const names = base.endsWith(".json") ? [base] : [`${base}.json`, `${base}/tsconfig.json`, base];
  if (/^\.{1,2}\/|^\//.test(base)) {
    return names
      .map((name) => slashed(resolve(dirname(from), name)))
      .filter((path) => isFile(path))
      .slice(0, 1);
  }
  const require = createRequire(from);
  for (const name of names) {
    try {
      return [slashed(require.resolve(name))];
    } catch {
      // Not found by this form of the name: the next one is tried.
    }
  }
  return [];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Options about output, messages and diagnostics, which no type depends on. */
const WITHOUT_EFFECT = new Set(
  `allowUnreachableCode allowUnusedLabels assumeChangesOnlyAffectDirectDependencies composite declaration declarationDir
  declarationMap diagnostics disableReferencedProjectLoad disableSizeLimit disableSolutionSearching emitBOM
  emitDeclarationOnly explainFiles extendedDiagnostics forceConsistentCasingInFileNames generateCpuProfile generateTrace
  importHelpers incremental inlineSourceMap inlineSources isolatedDeclarations listEmittedFiles listFiles mapRoot newLine
  noEmit noEmitHelpers noEmitOnError noErrorTruncation noFallthroughCasesInSwitch noImplicitReturns noUnusedLocals
  noUnusedParameters outDir outFile preserveWatchOutput pretty removeComments skipDefaultLibCheck skipLibCheck sourceMap
  sourceRoot stripInternal traceResolution tsBuildInfoFile`.split(/\s+/),
);

/**
 * SHA-256 over the parts of a tsconfig that the manifest depends on: the options that affect types, and the list of
 * files.
 */
export function configurationHash(tsconfig: string | null): string {
  if (tsconfig === null) return "";
  const read = readTsconfig(tsconfig);
  if (read === null) return sha256(existsSync(tsconfig) ? readFileSync(tsconfig, "utf8") : "");
  const { compilerOptions = {}, files, include, exclude, references } = read.config;
  const options = Object.entries(compilerOptions).filter(([name]) => !WITHOUT_EFFECT.has(name));
  return sha256(canonical({ options: Object.fromEntries(options), files, include, exclude, references }));
}

/** JSON with the members of every object sorted. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The configuration for an app without a tsconfig: every source under a folder, strict. */
export function withoutTsconfig(folder: string): {
  compilerOptions: object;
  include: string[];
  exclude: string[];
} {
  return {
    compilerOptions: {
      target: "ES2023",
      module: "NodeNext",
      moduleResolution: "NodeNext",
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: ["*"],
    },
    include: ["ts", "mts", "cts", "tsx"].map((extension) => `${folder}/**/*.${extension}`),
    exclude: ["node_modules", "dist", "build"].map((name) => `${folder}/${name}`),
  };
}
