import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";

/** The files in the order in which they count: a variable of `.env.local` hides the one of `.env`. */
const NAMES = [".env.local", ".env"];

/**
 * The variables of an app's `.env` files, by which `dev` decides whether to restart the app: a save that changes no
 * value restarts nothing, nor does one of a variable that the running app follows, such as a secret. Variables of the
 * process hide those of the files in the app, not here.
 */
export class EnvironmentFiles {
  readonly #paths: readonly string[];
  #known: ReadonlyMap<string, string>;
  /** The names of variables whose changes the running app follows by itself. */
  followed: readonly string[] = [];

  constructor(root: string) {
    this.#paths = NAMES.map((name) => join(root, name));
    this.#known = this.#read();
  }

  /** Whether a changed path is one of the files. */
  has(path: string): boolean {
    return this.#paths.includes(resolve(path));
  }

  /** The value of a variable when the files were last read; `undefined` where they have none. */
  valueOf(name: string): string | undefined {
    return this.#known.get(name);
  }

  /** Lists the variables whose values have changed since the last call. */
  changes(): string[] {
    const before = this.#known;
    this.#known = this.#read();
    const names = new Set([...before.keys(), ...this.#known.keys()]);
    return [...names].filter(
      (name) => before.get(name) !== this.#known.get(name) && !this.followed.includes(name),
    );
  }

  /** Reads both files anew. A file that is missing or cannot be parsed has no variables. */
  #read(): Map<string, string> {
    const values = new Map<string, string>();
    for (const path of this.#paths) {
      for (const [name, value] of Object.entries(parse(path)))
        if (!values.has(name)) values.set(name, value ?? "");
    }
    return values;
  }
}

/** Parses one file. Source: Node.js, `util.parseEnv`. */
function parse(path: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}
