import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installedPackages, type NamedPackage } from "@twinloop/compiler";
import type { PackageCli } from "@twinloop/core-native/cli";

/** A package of the app with its contribution to the `twinloop` command. */
export interface FoundCli {
  /** The package's name. */
  readonly name: string;
  readonly cli: PackageCli;
}

/**
 * Loads the contributions of all packages that the app can resolve, in the order of their names. Errors: that of a
 * package whose command does not load.
 */
export async function packageClis(root: string): Promise<readonly FoundCli[]> {
  const bringing = installedPackages(root).filter(({ cli }) => cli !== null);
  const found = await Promise.all(bringing.map(load));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Loads the contribution of the package that has a command; `null` where no installed package has it. */
export async function packageOfWord(root: string, word: string): Promise<FoundCli | null> {
  const home = installedPackages(root).find(({ cli, commands }) => cli !== null && commands.includes(word));
  return home === undefined ? null : load(home);
}

/** Imports the app's own copy of a package, so that its version is the one that runs in production. */
async function load({ name, folder, cli }: NamedPackage): Promise<FoundCli> {
  const specifier = join(name, cli ?? "").replaceAll("\\", "/");
  const path = createRequire(join(folder, "package.json")).resolve(specifier);
  const module = (await import(pathToFileURL(path).href)) as { readonly cli?: PackageCli };
  if (typeof module.cli !== "object")
    throw new Error(`${specifier} exports no \`cli\`: install ${name} anew.`);
  return { name, cli: module.cli };
}

/**
 * Runs `work` while the resources that the packages provide are open, such as an embedded server. Closes them in the
 * reverse order, also where the work or a later opening fails.
 */
export async function whileProvided<T>(
  clis: readonly FoundCli[],
  app: Parameters<NonNullable<PackageCli["provide"]>>[0],
  work: () => Promise<T>,
): Promise<T> {
  const provided = [];
  try {
    for (const { cli } of clis) if (cli.provide !== undefined) provided.push(await cli.provide(app));
    return await work();
  } finally {
    for (const one of provided.reverse()) await one.close();
  }
}
