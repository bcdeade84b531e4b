import { parseArgs } from "node:util";
import { CreateProblem } from "./create-problem.ts";
import { INSTALLERS, isInstaller, type InstallerName } from "./installer.ts";
import { isTemplate, TEMPLATES, type TemplateName } from "./template.ts";

/** What the command line says; what it leaves out is asked, or has a default. */
export interface CreateLine {
  readonly folder: string | undefined;
  readonly template: TemplateName | undefined;
  readonly packageManager: InstallerName | undefined;
  /** Whether nothing is asked. */
  readonly yes: boolean;
  readonly install: boolean;
  readonly git: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

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

function parsed(
  words: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CreateProblem(`${(error as Error).message}\n\n${USAGE}`, 2);
  }
}

function known<T extends string>(
  given: string | undefined,
  noun: string,
  isKnown: (text: string) => text is T,
  all: readonly T[],
): T | undefined {
  if (given === undefined || isKnown(given)) return given;
  throw new CreateProblem(`There is no ${noun} ${JSON.stringify(given)}: there are ${all.join(", ")}.`, 2);
}
