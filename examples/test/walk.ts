import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { plainEnvironment, Ports } from "./environment.ts";
import { isAsShown, readPage, type ConsoleFence, type ShownCommand } from "./page.ts";
import { EXAMPLES, makePlace } from "./place.ts";
import { becomes, build, Program, type Road } from "./program.ts";
import { Shell } from "./shell.ts";

/** How long a program is away where its page has it started again. */
const AWAY_MS = 3_000;

/** How an example is walked through: by plain Node, and with a database on the tests' server, unless said otherwise. */
export interface Way {
  readonly road?: Road;
  readonly database?: "service" | "own";
}

/**
 * Does what an example's page says, in a copy of it: builds and starts it, runs the commands, compares what they print, stops it.
 *
 * Errors: fails with the command, what the page shows and what was printed, and with what the program itself has printed.
 */
export async function walk(name: string, { road = "node", database = "service" }: Way = {}): Promise<void> {
  const page = readPage(join(EXAMPLES, name, "README.md"));
  const place = await makePlace(name, database);
  const ports = await Ports.for(page.text);
  const env = plainEnvironment(place.env);
  const admin = ports.get("4040");
  const running = { ...env, PORT: String(ports.get("4000")), ...(admin && { ADMIN_PORT: String(admin) }) };
  const shell = new Shell(place.folder, env);
  let program: Program | undefined;
  try {
    if (road === "node") await build(place.app, env);
    program = await Program.start(place.app, road, running);
    for (const fence of page.fences) {
      if (fence.kind === "output") {
        await expectPrinted(program, fence.lines);
        continue;
      }
      if (fence.ends !== undefined) {
        if (fence.ends === "killed") await program.kill();
        else expect(await program.stop(), program.output).toBe(0);
        await delay(AWAY_MS);
        program = await Program.start(place.app, road, running);
      }
      await expectShown(shell, ports, fence, program);
    }
  } finally {
    await shell.close();
    const code = await program?.stop();
    await place.remove();
    if (program !== undefined) expect(code, program.output).toBe(0);
  }
}

/** Runs the commands of a fence and compares their outputs with what the page shows. */
async function expectShown(shell: Shell, ports: Ports, fence: ConsoleFence, program: Program): Promise<void> {
  for (const { command, shows } of fence.commands) {
    let output = "";
    const attempt = async (): Promise<boolean> => {
      output = ports.outOf(await shell.run(ports.into(command)));
      return isAsShown(output, shows);
    };
    const isRight = fence.eventually ? await becomes(attempt) : await attempt();
    if (!isRight) expect(output, described({ command, shows }, program)).toBe(shows);
  }
}

function described({ command }: ShownCommand, program: Program): string {
  return `$ ${command}\nThe program has printed:\n${program.output}\nThe command`;
}

async function expectPrinted(program: Program, lines: readonly string[]): Promise<void> {
  const isThere = await becomes(() => lines.every((line) => program.output.includes(line)));
  if (!isThere) for (const line of lines) expect(program.output).toContain(line);
}
