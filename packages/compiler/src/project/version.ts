import { readFileSync } from "node:fs";

const packageJson = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** The version of @twinloop/compiler, from its package.json. */
export const compilerVersion: string = packageJson.version;
