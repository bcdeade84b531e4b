import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "@twinloop/compiler";
import type { Manifest } from "@twinloop/core-native/cli";
import { SqlProject, type SqlProjectOptions } from "../src/project/sql-project.ts";
import type { SqlReport } from "../src/project/sql-report.ts";

// Inside the package, so that the app finds @twinloop/* as an installed one would.
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** An app in a folder of its own, whose statements are checked. */
export class CheckedApp {
  readonly root: string = mkdtempSync(join(HERE, "app-"));
  #project: SqlProject | undefined;
  #manifest: Manifest | undefined;

  constructor(files: Readonly<Record<string, string>>) {
    this.write({ "package.json": '{ "name": "shop", "type": "module" }', ...files });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, name)), { recursive: true });
      writeFileSync(join(this.root, name), text);
    }
  }

  delete(name: string): void {
    rmSync(join(this.root, name), { recursive: true });
  }

  /** Reads the declarations again; a statement may change without. */
  async rebuild(): Promise<void> {
    this.#manifest = (await build(this.root)).manifest;
  }

  /** Checks the statements as the files are now. */
  async check(options: SqlProjectOptions = {}): Promise<SqlReport> {
    this.#project ??= new SqlProject(this.root, options);
    if (this.#manifest === undefined) await this.rebuild();
    return this.#project.check(this.#manifest!, [join(this.root, "app.ts")]);
  }

  /** Ends the project, so that the next check begins with what is kept on disk. */
  async close(): Promise<void> {
    await this.#project?.close();
    this.#project = undefined;
  }

  /** Each finding in a line: its code, the text that it marks, its message and its hint. */
  async findings(): Promise<string[]> {
    const { findings } = await this.check();
    return findings.map(({ code, place, message, hint = "" }) => {
      const marked = readFileSync(place.path, "utf8").slice(place.start, place.end);
      return `${code} [${marked}] ${message} -> ${hint}`;
    });
  }

  /** What was not checked, with the text that it marks. */
  async unchecked(): Promise<string[]> {
    const { unchecked } = await this.check();
    return unchecked.map(({ place, why }) => {
      const marked = readFileSync(place.path, "utf8").slice(place.start, place.end);
      return `[${marked}] ${why}`;
    });
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
