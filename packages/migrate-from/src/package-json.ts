import { readFileSync } from "node:fs";
import { JsonText } from "./json-text.ts";
import type { Plan } from "./plan.ts";

/** The version that an app is given of each of our packages: all share one. */
export const ourVersion: string = `^${
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string })
    .version
}`;

/** What an app's package.json must have. */
export interface PackageNeeds {
  /** Our packages that the running app imports. */
  readonly packages: Iterable<string>;
  /** Our packages for development alone. */
  readonly development: Iterable<string>;
  /** Packages that are no longer used. */
  readonly dropped: readonly string[];
  /** The file that starts the app, relative to its folder. */
  readonly entry: string;
  /** Where `build` writes to. */
  readonly out: string;
  /** The name for an app that has none. */
  readonly name: string;
  /** Scripts that the other framework's tool runs, and that are replaced. */
  readonly replaces: RegExp;
  /** Whether the app's sources become modules where package.json says nothing. */
  readonly isModule: boolean;
}

const FILE = "package.json";

/** Plans an app's package.json; one is made where there is none. */
export function writePackageJson(needs: PackageNeeds, plan: Plan): void {
  const text = plan.read(FILE);
  const json = new JsonText(text ?? "{}\n");
  if (text === null) plan.note("created", FILE, 0, "the app's package.json");
  if (!json.at("name")) json.set(["name"], needs.name);
  if (needs.isModule && json.at("type") !== "module") {
    json.set(["type"], "module");
    plan.note("rewritten", FILE, 0, '"type": "module"');
  }
  setDependencies(json, needs, plan);
  setScripts(json, needs, plan);
  plan.write(FILE, json.text);
}

function setDependencies(json: JsonText, needs: PackageNeeds, plan: Plan): void {
  for (const name of needs.dropped) {
    for (const kind of ["dependencies", "devDependencies", "peerDependencies"]) {
      if (json.at(kind, name) === undefined) continue;
      plan.note("rewritten", FILE, json.lineOf(name), `${name} goes`);
      json.set([kind, name], undefined);
    }
  }
  const has = (name: string): boolean =>
    json.at("dependencies", name) !== undefined || json.at("devDependencies", name) !== undefined;
  for (const name of [...needs.packages].sort()) {
    if (has(name)) continue;
    json.set(["dependencies", name], ourVersion);
    plan.note("rewritten", FILE, 0, `${name} comes`);
  }
  const development: [string, string][] = [...needs.development].sort().map((name) => [name, ourVersion]);
  development.push(["typescript", "^5.9.0"], ["@types/node", "^20.19.0"]);
  for (const [name, version] of development) {
    if (has(name)) continue;
    json.set(["devDependencies", name], version);
    plan.note("rewritten", FILE, 0, `${name} comes, for development`);
  }
}

function setScripts(json: JsonText, { entry, out, replaces }: PackageNeeds, plan: Plan): void {
  const built = `${out}/${entry.replace(/\.([cm]?)[jt]sx?$/, ".$1js")}`;
  const isUsual = /^(?:src\/)?(?:app|index|main)\.ts$/.test(entry);
  const named = isUsual ? "" : ` ${entry}`;
  const scripts: Record<string, string> = {
    dev: `twinloop dev${named}`,
    // As with the other framework's tool: what its apps have of type errors kept none from running.
    build: `twinloop build --out ${out}${named} --no-types`,
    start: `node ${built}`,
    check: `twinloop check${named}`,
  };
  for (const [name, command] of Object.entries(scripts)) setScript(json, name, command, { replaces, plan });
  plan.note(
    "differs",
    FILE,
    0,
    "`npm run check` checks types, which the build leaves out as Encore does; without --no-types it refuses what has type errors",
  );
  const test = json.at("scripts", "test");
  if (typeof test !== "string") return;
  if (replaces.test(test)) {
    json.set(["scripts", "test"], "vitest run");
    plan.note("rewritten", FILE, json.lineOf("test"), `"test": ${test} -> vitest run`);
  }
  if (json.at("scripts", "pretest") !== undefined) return;
  json.set(["scripts", "pretest"], `twinloop build${named} --no-types`);
  plan.note(
    "rewritten",
    FILE,
    0,
    '"pretest": twinloop build, since tests that call endpoints read the manifest',
  );
}

/** Sets a script, or `<name>:api` where the app has one of this name for something else. */
function setScript(
  json: JsonText,
  name: string,
  command: string,
  { replaces, plan }: { replaces: RegExp; plan: Plan },
): void {
  const own = json.at("scripts", name);
  if (own === command || json.at("scripts", `${name}:api`) === command) return;
  const isFree = own === undefined || replaces.test(String(own));
  json.set(["scripts", isFree ? name : `${name}:api`], command);
  plan.note("rewritten", FILE, 0, `"${isFree ? name : `${name}:api`}": ${command}`);
}

/** Where `build` may write to: `dist`, unless the app's own tools write there. */
export function outFolder(plan: Plan): string {
  const json = new JsonText(plan.read(FILE) ?? "{}");
  const scripts = Object.entries((json.at("scripts") ?? {}) as Readonly<Record<string, string>>);
  if (scripts.some(([, command]) => command.includes("--out dist-api"))) return "dist-api";
  const isOurs = scripts.some(([, command]) => /twinloop build --out dist\b/.test(command));
  const others = scripts.some(([, command]) =>
    /\b(?:vite|next|tsup|rollup|webpack|esbuild|parcel)\b/.test(command),
  );
  return !isOurs && others ? "dist-api" : "dist";
}
