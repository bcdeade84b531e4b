import { parseArgs } from "node:util";
import { CreateProblem } from "./create-problem.ts";
import { INSTALLERS, isInstaller, type InstallerName } from "./installer.ts";
import { isTemplate, TEMPLATES, type TemplateName } from "./template.ts";

/** What the command line says; what it leaves out is asked, or has a default. */
export interface CreateLine {
  /** The folder as it was named, relative to the caller's. */
  readonly folder: string | undefined;
  /** The template of `--template`. */
  readonly template: TemplateName | undefined;
  /** The package manager of `--pm`. */
  readonly packageManager: InstallerName | undefined;
  /** Whether nothing is asked. */
  readonly yes: boolean;
  /** Whether packages are installed; false with `--no-install`. */
  readonly install: boolean;
  /** Whether a repository is made; false with `--no-git`. */
  readonly git: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** The options in the form of Node's `parseArgs`. */
const OPTIONS = {
  template: { type: "string", short: "t" },
  pm: { type: "string" },
  yes: { type: "boolean", short: "y" },
  "no-install": { type: "boolean" },
  "no-git": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

/** The text of `--help`. */
export const USAGE: string = `npm create twinloop@latest [folder] -- [options]     (other package managers need no --)

  --template <name>  ${TEMPLATES.join(", ")} (default minimal)
  --pm <name>        ${INSTALLERS.join(", ")} (default the one that runs this)
  --yes              ask nothing; the folder is twinloop-app where none is named
  --no-install       do not install the packages
  --no-git           do not make a git repository
`;

/**
 * Reads the words of a command line.
 *
 * Errors: `CreateProblem` with exit code 2 for an unknown option, template or package manager, and for several folders.
 */
export function readCreateLine(words: readonly string[]): CreateLine {
  const { values, positionals } = parsed(words);
  const [folder, ...more] = positionals;
  if (more.length > 0) {
    throw new CreateProblem(
      `Name one folder; these are ${positionals.length}: ${positionals.join(", ")}.`,
      2,
    );
  }
  return {
    folder,
    template: known(values.template, "template", isTemplate, TEMPLATES),
    packageManager: known(values.pm, "package manager", isInstaller, INSTALLERS),
    yes: values.yes === true,
    install: values["no-install"] !== true,
    git: values["no-git"] !== true,
    help: values.help === true,
    version: values.version === true,
  };
}

/** Parses the words. Errors: `CreateProblem` with exit code 2, Node's message and the usage. */
function parsed(
  words: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CreateProblem(`${(error as Error).message}\n\n${USAGE}`, 2);
  }
}

/** Checks the value of an option that is one of a list. Errors: `CreateProblem` with exit code 2 and the whole list. */
function known<T extends string>(
  given: string | undefined,
  noun: string,
  isKnown: (text: string) => text is T,
  all: readonly T[],
): T | undefined {
  if (given === undefined || isKnown(given)) return given;
  throw new CreateProblem(`There is no ${noun} ${JSON.stringify(given)}: there are ${all.join(", ")}.`, 2);
}
