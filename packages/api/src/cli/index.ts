/**
 * What this package brings to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import type { Manifest, PackageCli, Variable } from "@twinloop/core-native/cli";
import { LIMITS } from "../policy/limit-table.ts";

/** Where the server of the app's endpoints listens, and its limits. */
function variables(_: Manifest, isProduction: boolean): readonly Variable[] {
  const host = isProduction ? "0.0.0.0" : "127.0.0.1";
  return [
    { name: "HOST", meaning: "address to listen on", default: host, confidential: false },
    { name: "PORT", meaning: "port to listen on", default: "4000", confidential: false },
    ...Object.values(LIMITS).map(({ variable: name, meaning, default: standard }) => {
      return { name, meaning, default: standard, confidential: false };
    }),
  ];
}

/** The variables of the HTTP server. */
export const cli: PackageCli = { variables };
