import type { Manifest } from "@twinloop/compiler";
import { reportChecks } from "./report.ts";
import { OpenChecks, type CheckFindings } from "./source-checks.ts";

/** The delay of the first check after a start in milliseconds, which leaves the processor to the app. */
const FIRST_AFTER_MS = 1_000;

/** What is to be checked: the app as last read, and the files that have changed since the last check. */
interface Asked {
  readonly manifest: Manifest;
  /** `null` for all files. */
  readonly changed: readonly string[] | null;
}

/**
 * The checks that the app's packages bring, while `dev` runs: in the background, one at a time. What they find is printed, and the
 * app goes on. A request during a check waits for its end; several become one.
 */
export class DevChecks {
  readonly #root: string;
  readonly #tsconfig: string | undefined;
  readonly #entry: string;
  #checks: OpenChecks | undefined;
  #waiting: Asked | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  /** What was found last, as text, so that the same is not printed at every edit. */
  #told = "";
  #last: Manifest | undefined;

  constructor({ root, tsconfig, entry }: { root: string; tsconfig: string | undefined; entry: string }) {
    this.#root = root;
    this.#tsconfig = tsconfig;
    this.#entry = entry;
  }

  /** Whether a file that is no source is among what was checked, such as a migration. */
  concerns(path: string): boolean {
    return this.#checks?.concerns(path) === true;
  }

  /** Asks for a check of the app as it was read just now; `null` for everything. */
  ask(manifest: Manifest, changed: readonly string[] | null): void {
    const before = this.#waiting?.changed;
    const isFirst = this.#last === undefined;
    const all = before === undefined ? changed : before && changed && [...before, ...changed];
    this.#waiting = { manifest, changed: isFirst ? null : all };
    this.#last = manifest;
    if (this.#running === undefined)
      this.#timer ??= setTimeout(() => this.#begin(), isFirst ? FIRST_AFTER_MS : 0);
  }

  /** Asks for a check after a change of files that are no sources. */
  askAgain(): void {
    if (this.#last !== undefined) this.ask(this.#last, []);
  }

  /** Ends a check that waits, and releases what the checks hold. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    await this.#running;
    await this.#checks?.close();
    this.#checks = undefined;
  }

  #begin(): void {
    this.#timer = undefined;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#waiting !== undefined && !this.#isClosed) this.#begin();
    });
  }

  async #run(): Promise<void> {
    const asked = this.#waiting;
    this.#waiting = undefined;
    if (asked === undefined) return;
    try {
      const app = { root: this.#root, tsconfig: this.#tsconfig, entry: this.#entry, options: {} };
      this.#checks ??= await OpenChecks.all(app);
      this.#tell(await this.#checks.run(asked.manifest, asked.changed));
    } catch (error) {
      // The next edit opens the checks anew, which then read everything.
      await this.#checks?.close().catch(() => undefined);
      this.#checks = this.#last = undefined;
      process.stderr.write(`the checks failed: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }

  #tell({ problems }: CheckFindings): void {
    if (this.#isClosed) return;
    const told = JSON.stringify(problems);
    if (told === this.#told) return;
    const hadProblems = this.#told !== "" && this.#told !== "[]";
    this.#told = told;
    if (problems.length > 0) reportChecks(problems, this.#root);
    else if (hadProblems) process.stdout.write("the checks find no problems any more\n");
  }
}
