import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";

/** A shell in which one command is run after another, as in a terminal: variables and the current folder stay. */
export class Shell {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #mark = randomUUID();
  #output = "";
  #heard: () => void = () => undefined;

  constructor(folder: string, env: Readonly<Record<string, string>>) {
    // A group of its own, so that what it has left in the background ends with it.
    this.#child = spawn("sh", [], { cwd: folder, env, stdio: ["pipe", "pipe", "inherit"], detached: true });
    this.#ended = once(this.#child, "exit");
    this.#child.stdout!.on("data", (piece: Buffer) => {
      this.#output += piece.toString();
      this.#heard();
    });
    this.#child.stdin!.write("exec 2>&1\n");
  }

  /** Runs a command and gives what it prints, errors included. */
  async run(command: string): Promise<string> {
    const end = `\n${this.#mark}\n`;
    this.#output = "";
    const ended = new Promise<void>((resolve) => {
      this.#heard = () => this.#output.endsWith(end) && resolve();
    });
    this.#child.stdin!.write(`{ ${command}\n} < /dev/null\nprintf '\\n%s\\n' ${this.#mark}\n`);
    await Promise.race([ended, this.#ended]);
    return this.#output.slice(0, -end.length);
  }

  /** Ends the shell and all that it has started. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    process.kill(-this.#child.pid!, "SIGKILL");
    await this.#ended;
  }
}
