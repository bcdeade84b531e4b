import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { Catalogue } from "./catalogue.ts";
import { packageInSpecifier, type FileImports, type ImportedName, type ModuleUse } from "./imports.ts";
import { homeOfEncore, ourPackageFor } from "./public-names.ts";
import type { Report, Site } from "../types/site.ts";
import { nearest } from "@twinloop/core-native/build-time";
import type { NameNode, SyntaxNode } from "../typescript/syntax.ts";
import type { ModuleTarget, SourceText, TypeSource } from "../typescript/type-source.ts";

/** Modules whose absence is always reported, because they declare parts of the app. */
const ours = /^(?:@twinloop\/|encore\.dev(?:\/|$)|~encore(?:\/|$))/;

/** Whether a module is a package of Twinloop, or of Encore, from which apps migrate. */
export function isOurs(specifier: string): boolean {
  return ours.test(specifier);
}

/**
 * Reports the modules of a file that cannot be loaded, and the names that Twinloop's packages do not export.
 *
 * `reports.always` takes problems that count in any file; `reports.whenLoaded` those that count only in a file that the
 * app loads, because a tsconfig may cover tools and front ends that are built by other rules.
 */
export function checkImports(
  file: SourceText,
  source: TypeSource,
  imports: FileImports,
  targets: readonly (ModuleTarget | null)[],
  { catalogue, ...reports }: { always: Report; whenLoaded: Report; catalogue: Catalogue },
): void {
  for (const [index, use] of imports.uses.entries()) {
    const specifier = use.specifier.text;
    const site = siteOf(use.specifier, source);
    if (/^(?:encore\.dev|~encore)(?:\/|$)/.test(specifier)) {
      reports.always(
        site,
        "import_unresolved",
        `\`${specifier}\` is a module of Encore and runs only there`,
        homeOfEncore(catalogue, specifier, use.names),
      );
    } else if (targets[index] != null) {
      if (specifier.startsWith("@twinloop/")) checkNames(use, source, reports.always, catalogue);
    } else if (!use.isTypeOnly && !isOnDisk(file.path, use)) {
      const report = isOurs(specifier) ? reports.always : reports.whenLoaded;
      report(
        site,
        "import_unresolved",
        `\`${specifier}\` cannot be found`,
        hintFor(file.path, specifier, use.names, catalogue),
      );
    }
  }
}

function siteOf(node: SyntaxNode, source: TypeSource): Site {
  return { location: source.location(node), path: "" };
}

/**
 * Whether a module exists for Node: the checker finds types, Node also loads styles, JSON and JavaScript without
 * declarations.
 */
function isOnDisk(path: string, { specifier: { text }, isDynamic }: ModuleUse): boolean {
  const plain = text.replace(/[?#].*$/, "");
  if (/^\.{0,2}\//.test(plain)) return existsAsModule(resolve(dirname(path), plain));
  if (text.startsWith("#")) return resolves(path, text);
  const name = packageInSpecifier(text);
  // A package imported by `import()` may be optional.
  return name === null || (isDynamic && !isOurs(text)) || hasPackage(path, name) || resolves(path, text);
}

function existsAsModule(path: string): boolean {
  const stem = path.replace(/\.[cm]?jsx?$/, "");
  const endings = [
    "",
    ".ts",
    ".tsx",
    ".mts",
    ".cts",
    ".js",
    ".mjs",
    ".cjs",
    ".jsx",
    ".json",
    "/index.ts",
    "/index.tsx",
    "/index.js",
  ];
  return existsSync(path) ? true : endings.some((ending) => existsSync(stem + ending));
}

function hasPackage(from: string, name: string): boolean {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules", name))) return true;
    if (dirname(folder) === folder) return false;
  }
}

function resolves(from: string, specifier: string): boolean {
  try {
    createRequire(from).resolve(specifier);
    return true;
  } catch {
    return false;
  }
}

function hintFor(
  from: string,
  specifier: string,
  names: readonly ImportedName[],
  catalogue: Catalogue,
): string {
  if (/^\.{0,2}\//.test(specifier)) {
    return `Correct the path, or create the file. The path resolves to ${resolve(dirname(from), specifier)}.`;
  }
  if (specifier.startsWith("#")) return "Add it to `imports` in package.json.";
  const name = packageInSpecifier(specifier) ?? specifier;
  const own = ourPackageFor(
    catalogue,
    name,
    names.map(({ exported }) => exported),
  );
  if (own !== null) return own;
  return `Install it (\`npm install ${name}\`), or correct its name.`;
}

function checkNames(use: ModuleUse, source: TypeSource, report: Report, catalogue: Catalogue): void {
  const asked = use.names.filter(({ exported }) => exported !== "default");
  if (asked.length === 0) return;
  let exported: readonly string[] | null = null;
  for (const { exported: name, node } of asked) {
    exported ??= source.exportsOf(use.specifier);
    if (exported.includes(name)) continue;
    const specifier = use.specifier.text;
    const message = `\`${specifier}\` exports no \`${name}\``;
    report(siteOf(node, source), "export_missing", message, exportHint(catalogue, specifier, name, exported));
  }
}

/** The hint for a name that a package does not export. */
export function exportHint(
  catalogue: Catalogue,
  specifier: string,
  name: string,
  exported: readonly string[],
): string {
  const unbuilt = catalogue.unbuilt(name);
  if (unbuilt !== null) return unbuilt;
  const own = ourPackageFor(catalogue, "", [name], specifier);
  if (own !== null) return own;
  const meant = nearest(name, exported);
  return meant === null ? `Look for it among what ${specifier} exports.` : `Did you mean \`${meant}\`?`;
}

/** Reports a name that is called like a declarator but is not imported. */
export function notImported(name: NameNode, source: TypeSource, report: Report, catalogue: Catalogue): void {
  const own = ourPackageFor(catalogue, "", [name.text]);
  const message = `\`${name.text}\` is not imported, so it declares nothing`;
  report(siteOf(name, source), "import_missing", message, own ?? "Import it.");
}
