import { choose } from "../harness/arguments.mjs";
import { describeMachine } from "../harness/machine.mjs";
import { prepare } from "../../tools/setup/prepare.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { measureIdle, showIdle } from "./idle.mjs";
import { measureInstall, showInstalls } from "./install.mjs";
import { openMarket } from "./market.mjs";

const PRIMITIVES = ["api", "sqldb", "pubsub", "cron", "secrets"];

/** What is installed into a project of its own. */
const CHOICES = [
  ...PRIMITIVES.map((name) => ({ name, primitives: [name] })),
  { name: "all", primitives: PRIMITIVES },
];

/**
 * The `footprint` suite: what each package costs alone, and all five together, to install, to import, and to have started
 * without anything to do.
 *
 * Errors: `Problem` without `DATABASE_URL`, off Linux, or when a package cannot be installed or run.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function footprint(args) {
  const databaseUrl = process.env["DATABASE_URL"];
  if (!databaseUrl)
    throw new Problem("The footprint suite needs a PostgreSQL to be idle with: set DATABASE_URL.");
  if (process.platform !== "linux") throw new Problem("The footprint suite reads Linux's /proc.");
  const choices = choose(CHOICES, args.only, "package");
  await prepare();
  const machine = await describeMachine();
  const market = await openMarket();
  try {
    const projects = [];
    for (const choice of choices)
      projects.push({ ...choice, folder: await market.makeProject(choice.primitives) });
    const installs = [];
    for (const project of projects) installs.push(await measureInstall(project));
    console.log(`\nInstalled and imported\n\n${showInstalls(installs)}`);
    const idle = await measureIdle(projects, databaseUrl);
    console.log(`\nStarted, with nothing to do\n\n${showIdle(idle)}`);
    return { machine, series: [{ installs, idle }] };
  } finally {
    await market.close();
  }
}
