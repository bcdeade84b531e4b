import { createRequire } from "node:module";
import { addonCandidates } from "./addon-candidates.ts";
import type { Native } from "./native.ts";

type Engine = Pick<Native, "schemaFault">;

let engine: Engine | null | undefined;

/**
 * Tells why the runtime would refuse a list of types, by compiling them as it does at start. Starts nothing.
 *
 * Shape: the types as a manifest holds them -> a sentence that names the place among them; null when they are accepted, `undefined`
 *        when there is no addon for this machine.
 */
export function schemaFault(types: unknown): string | null | undefined {
  engine ??= load();
  return engine?.schemaFault(JSON.stringify(types));
}

/** Loads the addon without a runtime, because a build of an app must not count as a second copy. */
function load(): Engine | null {
  const require = createRequire(import.meta.url);
  for (const candidate of addonCandidates()) {
    try {
      const addon = require(candidate) as Partial<Engine>;
      if (typeof addon.schemaFault === "function") return addon as Engine;
    } catch {
      // The next place is tried; a machine without any addon builds apps for others.
    }
  }
  return null;
}
