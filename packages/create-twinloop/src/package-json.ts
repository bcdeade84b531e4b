import type { NewApp } from "./new-app.ts";
import { TWINLOOP_VERSION, VERSIONS } from "./versions.ts";

/** Packages of others that every app is developed with. */
const TOOLS = ["@types/node", "typescript", "vitest"];

/** Makes the package.json of an app. */
export function packageJson({ name, template, installer }: NewApp): string {
  const { packages, devPackages, tools } = template;
  const manifest = {
    name,
    version: "0.0.0",
    private: true,
    description: template.about,
    type: "module",
    engines: { node: ">=20.19" },
    ...(installer.name === "yarn" && installer.version !== undefined
      ? { packageManager: `yarn@${installer.version}` }
      : {}),
    scripts: scripts(template.scripts, template.before, installer.run),
    dependencies: dependencies(packages.map(ours)),
    devDependencies: dependencies([
      ...["cli", "compiler", ...devPackages].map(ours),
      ...[...TOOLS, ...tools].map((tool): [string, string] => [tool, VERSIONS[tool]!]),
    ]),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function ours(name: string): [string, string] {
  return [`@twinloop/${name}`, TWINLOOP_VERSION];
}

function dependencies(entries: readonly [string, string][]): Record<string, string> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The scripts of an app; a command that goes before one may be the name of another script. */
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
