import { relative } from "node:path";
import { readCreateLine, USAGE, type CreateLine } from "./command-line.ts";
import { CreateProblem } from "./create-problem.ts";
import { installerOf, runningInstaller, type Installer } from "./installer.ts";
import { runProgram } from "./program.ts";
import { projectFiles } from "./project-files.ts";
import { projectPlace, type ProjectPlace } from "./project-place.ts";
import { ask, withoutAsking } from "./questions.ts";
import { readTemplate } from "./template.ts";
import { TWINLOOP_VERSION } from "./versions.ts";
import { writeProject } from "./write-project.ts";

/**
 * Runs `create-twinloop`: makes an app in a folder of its own, its git repository, and installs its packages.
 *
 * Shape: the words of the command line -> the exit code: 0 for success, 1 for a problem of the disk, the network or the
 *        package manager, 2 for one of the command line. Nothing is asked with `--yes` and where nobody can answer.
 */
export async function createApp(words: readonly string[]): Promise<number> {
  try {
    const given = readCreateLine(words);
    if (given.help) return print(USAGE);
    if (given.version) return print(`${TWINLOOP_VERSION}\n`);
    return await create(given);
  } catch (error) {
    if (!(error instanceof CreateProblem)) throw error;
    if (error.message !== "") process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
}

/**
 * Makes the app, in an order in which nothing is written before everything was decided: choices, the folder, the
 * package manager's version, the files, the repository, the packages.
 */
async function create(given: CreateLine): Promise<number> {
  const running = runningInstaller(process.env["npm_config_user_agent"]);
  const isAsking =
    !given.yes && process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env["CI"];
  const choices = await (isAsking ? ask(given, running.name) : withoutAsking(given, running.name));
  const place = projectPlace(choices.folder);
  const isRunning = choices.packageManager === running.name;
  const version = isRunning ? running.version : await versionOf(choices.packageManager, place, given.install);
  const installer = installerOf(choices.packageManager, version);
  const template = readTemplate(choices.template);
  writeProject(place, projectFiles({ name: place.name, template, installer }));
  process.stdout.write(`made ${place.given}: ${template.title}, for ${installer.name}\n`);
  if (given.git) await makeRepository(place);
  const isInstalled = given.install && (await install(place, installer));
  tellNext(place, installer, isInstalled);
  return given.install && !isInstalled ? 1 : 0;
}

/** Asks a package manager for its version; one that is not there is a problem only where it is to install. */
async function versionOf(
  name: string,
  { given }: ProjectPlace,
  isNeeded: boolean,
): Promise<string | undefined> {
  const { code, output } = await runProgram(name, ["--version"], { cwd: process.cwd() });
  if (code === 0) return output.trim();
  if (!isNeeded) return undefined;
  throw new CreateProblem(
    `${name} cannot be run here: install it, choose another with --pm, or make ${given} with --no-install. Nothing was written.`,
  );
}

/** Makes a git repository, unless git is missing or the folder is part of one. */
async function makeRepository({ folder: cwd }: ProjectPlace): Promise<void> {
  const { code } = await runProgram("git", ["rev-parse", "--is-inside-work-tree"], { cwd });
  if (code !== null && code !== 0)
    await runProgram("git", ["init", "--quiet", "--initial-branch=main"], { cwd });
}

/**
 * Installs the packages, with the package manager's output on screen. Shape: -> whether it could; a failure is told
 * with what to do, and leaves the app.
 */
async function install({ folder: cwd, given }: ProjectPlace, { name }: Installer): Promise<boolean> {
  process.stdout.write(`installing packages with ${name}\n`);
  // Yarn 4 installs nothing without a lock file where CI is set.
  const env = { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" };
  const { code } = await runProgram(name, ["install"], { cwd, isShown: true, env });
  if (code === 0) return true;
  process.stderr.write(
    `\nThe app in ${given} is whole, but its packages are not installed: \`${name} install\` ended with ${code ?? "no start"}. ` +
      "Look at what it says above; without network, run it again there later.\n",
  );
  return false;
}

/** Prints the commands that come next, from the folder of the caller. */
function tellNext(place: ProjectPlace, { name, run }: Installer, isInstalled: boolean): void {
  const way = relative(process.cwd(), place.folder);
  const steps = [
    ...(way === "" ? [] : [`cd ${/\s/.test(way) ? JSON.stringify(way) : way}`]),
    ...(isInstalled ? [] : [`${name} install`]),
    `${run} dev`,
  ];
  process.stdout.write(`\nNext:\n${steps.map((step) => `  ${step}\n`).join("")}`);
}

/** Writes a text to stdout. Shape: -> 0, the exit code. */
function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
