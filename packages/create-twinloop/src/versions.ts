import { readFileSync } from "node:fs";

/** The version of all packages of a release, this one's own. */
export const TWINLOOP_VERSION: string = ownVersion();

/** The versions of packages of others that apps are made with: those that the release is tested with. */
export const VERSIONS: Readonly<Record<string, string>> = {
  "@types/node": "^20.19.0",
  rolldown: "1.2.19",
  typescript: "7.0.2",
  vitest: "4.1.12",
};

/** The image that apps run in. */
export const NODE_IMAGE = "node:22-bookworm-slim";

function ownVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
