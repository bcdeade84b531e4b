import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { TwinloopError } from "./error.ts";
import { ABI } from "./frame.ts";
import { platformTriples } from "./platform.ts";

/** The exports of the addon, in the order of `crates/core-native`. Across it `null` means none. */
export interface Native {
  abi(): number;
  attach(maxInFlight: number, onWake: () => void): number;
  detach(isolate: number): void;
  hold(isolate: number, held: boolean): void;
  drain(isolate: number, inbox: Int32Array, maxItems: number): string;
  drainWide(isolate: number): string;
  settle(isolate: number, outbox: Int32Array, count: number, text: string): void;
  putBlob(isolate: number, bytes: Uint8Array): number;
  takeBlob(isolate: number, number: number): Buffer | null;
  contextValue(isolate: number, id: number, name: string): string | null;
  contextAll(isolate: number, id: number): string | null;
  secretLoad(request: string): string;
  secretRead(name: string, part: number): string | null;
  secretVersion(name: string): number;
  secretOffer(name: string, value: string, provider: string): number;
  secretSettle(name: string, version: number, accepted: boolean): boolean;
  secretRedact(text: string): string | null;
}

const LOADED = Symbol.for("twinloop.core-native");

interface LoadedCopy {
  readonly from: string;
}

/** What user code runs into directly; the rest is called by the port, which deals with what it throws. */
const ON_DEMAND = [
  "attach",
  "putBlob",
  "takeBlob",
  "contextValue",
  "contextAll",
  "secretLoad",
  "secretRead",
  "secretVersion",
  "secretOffer",
  "secretSettle",
  "secretRedact",
] as const;

/** The addon, loaded once per isolate when the package is imported. It starts no thread before `attach`. */
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
  const failures: string[] = [];
  for (const candidate of candidates()) {
    try {
      return typed(checked(require(candidate) as Native, candidate));
    } catch (error) {
      if (error instanceof TwinloopError) throw error;
      failures.push(`${candidate}: ${firstLine(error)}`);
    }
  }
  throw new TwinloopError(
    "addon_missing",
    `@twinloop/core-native has no addon for ${process.platform}-${process.arch}. ` +
      "Reinstall without --omit=optional (npm install), or build it from source (npm run build in the repository). " +
      `Tried:\n  ${failures.join("\n  ")}`,
  );
}

function candidates(): string[] {
  const given = process.env["TWINLOOP_ADDON"];
  if (given) return [given];
  return platformTriples().flatMap((triple) => [
    fileURLToPath(new URL(`../native/twinloop.${triple}.node`, import.meta.url)),
    `@twinloop/core-native-${triple}`,
  ]);
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

/** The addon with typed errors: its own are plain ones, whatever happened inside. */
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
