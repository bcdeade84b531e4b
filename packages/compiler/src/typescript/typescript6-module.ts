import { createRequire } from "node:module";
import type ts from "typescript-6";

let loaded: typeof ts | undefined;

/** Loads TypeScript 6 on first use: loading takes about 200 ms, which most commands do not need. */
export function typescript6(): typeof ts {
  return (loaded ??= createRequire(import.meta.url)("typescript-6") as typeof ts);
}
