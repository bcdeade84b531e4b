import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { TwinloopError } from "../errors/error.ts";
import { ABI } from "./frame.ts";
import { addonCandidates } from "./addon-candidates.ts";
import { describeMissingAddon } from "./addon-missing.ts";
import { glibcVersion, platformTriples } from "./platform.ts";

/** The exports of the addon, in the order of `crates/core-native`. Across it `null` means none. */
export interface Native {
  abi(): number;
  describe(): string;
  attach(maxInFlight: number, onWake: () => void): number;
  detach(isolate: number): void;
  hold(isolate: number, held: boolean): void;
  progressMarker(isolate: number): Int32Array;
  drain(isolate: number, inbox: Int32Array, maxItems: number): string;
  drainWide(isolate: number): string;
  drainOwn(isolate: number, index: number): string;
  drainFrame(isolate: number, index: number, room: Uint8Array): void;
  settle(isolate: number, outbox: Int32Array, count: number, text: string): void;
  putBlob(isolate: number, bytes: Uint8Array): number;
  takeBlob(isolate: number, number: number): Buffer | null;
  contextValue(isolate: number, id: number, name: string): string | null;
  contextAll(isolate: number, id: number): string | null;
  contextTell(isolate: number, id: number, message: string): boolean;
  contextBytes(isolate: number, id: number, name: string): Buffer | null;
  openResult(isolate: number, number: number, known: number): string | null;
  writeResult(isolate: number, number: number, form: string): number;
  askNow(component: number, operation: number, payload: string): string | null;
  dotenvParse(bytes: Uint8Array): DotenvText;
  schemaFault(types: string): string | null;
  schemaOpen(types: string, places: string): number;
  schemaRequest(set: number, index: number, parts: string, body: string): string;
  schemaValue(set: number, type: number, input: string): string;
}

/** A `.env` file as Rust parsed it: names and values in turn, and remarks on lines. */
interface DotenvText {
  readonly entries: readonly string[];
  readonly remarks: readonly { readonly line: number; readonly what: string }[];
}

const LOADED = Symbol.for("twinloop.core-native");

interface LoadedCopy {
  readonly from: string;
}

/**
 * The exports that user code may call before a port exists. The others are called by the port, which handles their
 * errors.
 */
const ON_DEMAND = [
  "attach",
  "progressMarker",
  "putBlob",
  "takeBlob",
  "contextValue",
  "contextAll",
  "contextTell",
  "contextBytes",
  "openResult",
  "writeResult",
  "askNow",
  "dotenvParse",
  "schemaFault",
  "schemaOpen",
  "schemaRequest",
  "schemaValue",
] as const;

/** The addon, loaded once per isolate when the package is imported. Loading starts no thread before `attach`. */
export const native: Native = loadOnce();

function loadOnce(): Native {
  const process_ = process as typeof process & { [LOADED]?: LoadedCopy };
  const here = fileURLToPath(import.meta.url);
  const other = process_[LOADED];
  if (other && other.from !== here) {
    throw new TwinloopError(
      "second_copy",
      `@twinloop/core-native is loaded twice, from ${other.from} and from ${here}: two copies would be two runtimes. ` +
        "Make every package use one version (npm ls @twinloop/core-native shows who brings the other) and do not bundle it.",
    );
  }
  process_[LOADED] = { from: here };
  return load();
}

function load(): Native {
  const require = createRequire(import.meta.url);
  const failures: { candidate: string; reason: string }[] = [];
  for (const candidate of addonCandidates()) {
    try {
      return typed(checked(require(candidate) as Native, candidate));
    } catch (error) {
      if (error instanceof TwinloopError) throw error;
      failures.push({ candidate, reason: firstLine(error) });
    }
  }
  const search = {
    failures,
    triple: platformTriples()[0],
    version: ownVersion(require),
    glibc: glibcVersion(),
  };
  throw new TwinloopError("addon_missing", describeMissingAddon(search));
}

/** The version of this package; undefined in a bundle, which has left its manifest behind. */
function ownVersion(require: NodeJS.Require): string | undefined {
  try {
    return (require("../../package.json") as { version?: string }).version;
  } catch {
    return undefined;
  }
}

function checked(addon: Native, from: string): Native {
  const abi = typeof addon.abi === "function" ? addon.abi() : undefined;
  if (abi === ABI) return addon;
  throw new TwinloopError(
    "addon_mismatch",
    `the addon ${from} has interface ${abi ?? "unknown"}, but this @twinloop/core-native needs ${ABI}. ` +
      "All @twinloop packages must have the same version: reinstall them together.",
  );
}

/** Wraps the addon so that its plain errors become `TwinloopError`s. */
function typed(addon: Native): Native {
  const wrapped = ON_DEMAND.map((name) => {
    const call = addon[name] as (...given: unknown[]) => unknown;
    return [name, (...given: unknown[]) => orTypedError(name, () => call(...given))];
  });
  return { ...addon, ...(Object.fromEntries(wrapped) as Partial<Native>) };
}

function orTypedError<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new TwinloopError("internal", `the native runtime failed at ${name}: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0]!;
}
