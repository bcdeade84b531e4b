import type { NewApp } from "./new-app.ts";
import { TWINLOOP_VERSION, VERSIONS } from "./versions.ts";

/** Packages of others that every app is developed with. */
const TOOLS = ["@types/node", "typescript", "vitest"];

/** Packages of ours that every app is developed with, and that its image leaves out: the dashboard is what `dev` shows. */
const DEVELOPMENT = ["cli", "compiler", "dashboard"];

/**
 * Makes the package.json of an app.
 *
 * Shape:  -> JSON with a line end, its dependencies in the order of names. Packages of Twinloop have the version of
 * this program; `packageManager` is set for Yarn alone, whose versions differ in what they read.
 */
export function packageJson({ name, template, installer }: NewApp): string {
  const { packages, devPackages, tools } = template;
  const manifest = {
    name,
    version: "0.0.0",
    private: true,
    description: template.about,
    type: "module",
    engines: { node: "^20.19 || >=22.12" },
    ...(installer.name === "yarn" && installer.version !== undefined
      ? { packageManager: `yarn@${installer.version}` }
      : {}),
    scripts: scripts(template.scripts, template.before, installer.run),
    dependencies: dependencies(packages.map(ours)),
    devDependencies: dependencies([
      ...[...DEVELOPMENT, ...devPackages].map(ours),
      ...[...TOOLS, ...tools].map((tool): [string, string] => [tool, VERSIONS[tool]!]),
    ]),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The entry of a package of Twinloop. */
function ours(name: string): [string, string] {
  return [`@twinloop/${name}`, TWINLOOP_VERSION];
}

/** A table of dependencies in the order of names, as package managers write it. */
function dependencies(entries: readonly [string, string][]): Record<string, string> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The scripts of an app: those of every app, each behind the command that the template puts before it, then the
 * template's own. A command that goes before one may be the name of another script.
 */
function scripts(
  own: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
  run: string,
): Record<string, string> {
  const common = {
    dev: "twinloop dev",
    check: "twinloop check",
    build: "twinloop build --out dist",
    start: "node --enable-source-maps dist/app.js",
    test: "vitest run",
  };
  const joined = Object.entries(common).map(([name, command]) => {
    const first = before[name];
    if (first === undefined) return [name, command];
    return [name, `${first in own ? `${run} ${first}` : first} && ${command}`];
  });
  return { ...(Object.fromEntries(joined) as Record<string, string>), ...own };
}
