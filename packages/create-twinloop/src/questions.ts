import { cancel, isCancel, select, text } from "@clack/prompts";
import type { CreateLine } from "./command-line.ts";
import { CreateProblem } from "./create-problem.ts";
import { INSTALLERS, type InstallerName } from "./installer.ts";
import { projectPlace } from "./project-place.ts";
import { readTemplate, TEMPLATES, type TemplateName } from "./template.ts";

/** The folder that is made where none is named. */
export const USUAL_FOLDER = "twinloop-app";

/** What an app is made of, all of it decided. */
export interface Choices {
  /** The folder, which `projectPlace` has not necessarily checked. */
  readonly folder: string;
  readonly template: TemplateName;
  /** The package manager that installs the app, and that its pages name. */
  readonly packageManager: InstallerName;
}

/** Decides what the command line leaves open, without asking. */
export function withoutAsking(given: CreateLine, running: InstallerName): Choices {
  const { folder = USUAL_FOLDER, template = "minimal", packageManager = running } = given;
  return { folder, template, packageManager };
}

/**
 * Asks what the command line leaves open.
 *
 * Errors: `CreateProblem` where the user cancels.
 */
export async function ask(given: CreateLine, running: InstallerName): Promise<Choices> {
  const folder = given.folder ?? (await askFolder());
  // A folder that cannot be used is told before more is asked.
  projectPlace(folder);
  const template = given.template ?? (await askTemplate());
  return { folder, template, packageManager: given.packageManager ?? (await askInstaller(running)) };
}

/** Asks for the folder; a folder that cannot be used is refused in the prompt itself. */
async function askFolder(): Promise<string> {
  const validate = (folder: string | undefined): string | undefined => problemOf(folder || USUAL_FOLDER);
  const options = { message: "Where should the app be made?", placeholder: USUAL_FOLDER };
  return decided(await text({ ...options, defaultValue: USUAL_FOLDER, validate }));
}

/** The reason for which a folder cannot be used, as the prompt shows it; `undefined` without one. */
function problemOf(folder: string): string | undefined {
  try {
    projectPlace(folder);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Asks for the template, each with its title and hint. */
async function askTemplate(): Promise<TemplateName> {
  const options = TEMPLATES.map((value) => {
    const { title, hint } = readTemplate(value);
    return { value, label: title, hint };
  });
  return decided(await select<TemplateName>({ message: "What should it begin with?", options }));
}

/** Asks for the package manager; the one that runs this program is selected. */
async function askInstaller(running: InstallerName): Promise<InstallerName> {
  const options = INSTALLERS.map((value) => ({ value, label: value }));
  const message = "Which package manager?";
  return decided(await select<InstallerName>({ message, options, initialValue: running }));
}

/**
 * The answer to a question. Errors: `CreateProblem` with exit code 1 and no message, where the user pressed Ctrl-C or
 * Escape: the prompt has said so.
 */
function decided<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>;
  cancel("Nothing was written.");
  throw new CreateProblem("", 1);
}
