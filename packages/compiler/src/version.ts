import { readFileSync } from "node:fs";

const packageJson = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** Version of @twinloop/compiler, as its package.json says. */
export const compilerVersion: string = packageJson.version;
