import { fileURLToPath } from "node:url";
import { platformTriples } from "./platform.ts";

/** Lists the places where the addon may be, the likeliest first: paths, and names of platform packages. */
export function addonCandidates(): string[] {
  const given = process.env["TWINLOOP_ADDON"];
  if (given) return [given];
  return platformTriples().flatMap((triple) => [
    fileURLToPath(new URL(`../../native/twinloop.${triple}.node`, import.meta.url)),
    `@twinloop/core-native-${triple}`,
  ]);
}
