import { JsonText } from "../json-text.ts";
import type { Plan } from "../plan.ts";

/** What `start()` is given of an `encore.app`. */
export interface AppOptions {
  /** The app's id at Encore; empty where it is not linked. */
  readonly id: string;
  /** The argument of `start()`, as code. */
  readonly startOptions: string;
}

const APP = "encore.app";

/** The options of `global_cors` by their names here. */
const CORS: Readonly<Record<string, string>> = {
  allow_origins_without_credentials: "allowOriginsWithoutCredentials",
  allow_origins_with_credentials: "allowOriginsWithCredentials",
  allow_headers: "allowHeaders",
  expose_headers: "exposeHeaders",
  debug: "debug",
};

/** Reads `encore.app`, and reports what of it has no counterpart. */
export function readAppFile(text: string, plan: Plan): AppOptions {
  const json = new JsonText(text);
  const id = String(json.at("id") ?? "");
  const options = [corsOption(json, plan), ...workersOption(json, plan)];
  for (const key of Object.keys((json.value ?? {}) as object)) {
    if (["id", "lang", "global_cors", "build"].includes(key)) continue;
    plan.note("left", APP, json.lineOf(key), `\`${key}\` has no counterpart`);
  }
  for (const hook of Object.keys((json.at("build", "hooks") ?? {}) as object)) {
    const command = String(json.at("build", "hooks", hook));
    plan.note(
      "left",
      APP,
      json.lineOf(hook),
      `\`${hook}\`: run \`${command}\` in the script "build" of package.json`,
    );
  }
  if (json.at("build", "docker") !== undefined)
    plan.note(
      "left",
      APP,
      json.lineOf("docker"),
      "the image: a Dockerfile for `twinloop build --out` stands in the README of @twinloop/cli",
    );
  plan.note("left", APP, 0, "nothing reads this file any more: delete it when Encore is no longer used");
  return { id, startOptions: `{ ${options.join(", ")} }` };
}

function corsOption(json: JsonText, plan: Plan): string {
  const cors = json.at("global_cors");
  if (typeof cors !== "object" || cors === null) {
    plan.note(
      "differs",
      APP,
      0,
      "`start({ cors: true })` lets pages of any origin call without credentials, as Encore does; without the option none may",
    );
    return "cors: true";
  }
  const options: string[] = [];
  for (const [key, value] of Object.entries(cors)) {
    const name = CORS[key];
    const line = json.lineOf(key);
    if (name === undefined) plan.note("left", APP, line, `\`${key}\` of global_cors has no counterpart`);
    else
      options.push(
        `${name}: ${JSON.stringify(Array.isArray(value) ? origins(value, key, line, plan) : value)}`,
      );
  }
  plan.note("rewritten", APP, json.lineOf("global_cors"), "global_cors -> start({ cors })");
  return options.length === 0 ? "cors: true" : `cors: { ${options.join(", ")} }`;
}

/** Leaves out what is no origin, such as the placeholder of a template: Twinloop would not start with it. */
function origins(list: readonly unknown[], key: string, line: number, plan: Plan): unknown[] {
  if (!key.startsWith("allow_origins")) return [...list];
  const withCredentials = key === "allow_origins_with_credentials";
  return list.filter((one) => {
    const isOrigin = /^[a-z][a-z0-9+.-]*:\/\/[^/\s<>]+$/i.test(String(one));
    if (isOrigin || (!withCredentials && (one === "*" || one === "null"))) return true;
    plan.note(
      "left",
      APP,
      line,
      `${JSON.stringify(one)} of ${key} is no origin, and left out: write the origins of your pages in start({ cors })`,
    );
    return false;
  });
}

function workersOption(json: JsonText, plan: Plan): string[] {
  if (json.at("build", "worker_pooling") !== true) return [];
  plan.note(
    "rewritten",
    APP,
    json.lineOf("worker_pooling"),
    "worker_pooling -> start({ workers }), one for each processor",
  );
  return ["workers: availableParallelism()"];
}
