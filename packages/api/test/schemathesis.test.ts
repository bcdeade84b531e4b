import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { buildApp } from "./built-app.ts";
import { openApiApp } from "./openapi-app.ts";

const MISSING = "schemathesis is not on the PATH: `pip install schemathesis` brings it";
const TIME_LIMIT_MS = 1_200_000;

/**
 * What OpenAPI 3.1 cannot say, and what schemathesis therefore finds: an answer that may be empty (`/maybe`), methods that have no name
 * there (`/any`), a bigint as a JSON number with a fraction of zero (`/everything`), and a text in the place of an optional file
 * (`/upload`), which is ignored.
 */
const UNSAYABLE = "^/(maybe|any|everything|upload)/?";

test(
  "schemathesis finds nothing wrong with the document or the app",
  { timeout: TIME_LIMIT_MS },
  async ({ skip }) => {
    skip(!process.env["FULL"], "takes minutes: FULL=1 runs it");
    skip(spawnSync("schemathesis", ["--version"]).error !== undefined, MISSING);
    const { url } = await (await buildApp(openApiApp)).run();
    const found = spawn(
      "schemathesis",
      ["run", `${url}/openapi.json`, "--checks", "all", "--exclude-path-regex", UNSAYABLE, "--no-color"],
      { stdio: ["ignore", "inherit", "inherit"] },
    );
    expect(await once(found, "close")).toEqual([0, null]);
  },
);
