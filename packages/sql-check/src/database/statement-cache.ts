import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { CatalogueColumn } from "./catalogue.ts";
import type { Description } from "./description.ts";

/** Changes whenever what is kept changes its form or its meaning. */
const FORM = 1;
/** The folder in an app's folder. */
const KEPT_IN = join(".twinloop", "sql");
const SERVER_FILE = "server";
/** How many states of a database's migrations are kept: those of the branches that are switched between. */
const KEPT_STATES = 4;
/** The files that a folder's migrations are made of. */
const MIGRATION_FILE = /\.(?:sql|json|toml)$/;

/** What is known of one state of a database. */
interface Known {
  readonly columns: readonly CatalogueColumn[];
  readonly statements: Record<string, Description>;
}

/** The content of everything that descriptions depend on, as a hash. */
export function contentHash(parts: readonly string[], folder: string | undefined): string {
  const hash = createHash("sha256").update(JSON.stringify([FORM, ...parts]));
  for (const file of folder === undefined ? [] : filesIn(folder)) {
    hash.update(`\0${relative(folder!, file)}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** The migration files of a folder, sorted; empty where there is no folder. */
export function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && MIGRATION_FILE.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}

/** The server that was last asked in an app, as its source tells it; `undefined` where nothing is kept. */
export function keptServer(root: string): string | undefined {
  try {
    return readFileSync(join(root, KEPT_IN, SERVER_FILE), "utf8");
  } catch {
    return undefined;
  }
}

/** Keeps what the server is called, by which editors find what it said. */
export function keepServer(root: string, id: string): void {
  if (keptServer(root) === id) return;
  mkdirSync(join(root, KEPT_IN), { recursive: true });
  writeFileSync(join(root, KEPT_IN, SERVER_FILE), id);
}

/** The descriptions of a database's statements, kept in a file for each state of its migrations. */
export class StatementCache {
  readonly #folder: string;
  readonly #file: string;
  readonly #prefix: string;
  #known: Known | undefined;
  #isChanged = false;

  constructor(root: string, name: string, hash: string) {
    this.#folder = join(root, KEPT_IN);
    this.#prefix = `${name.replace(/[^\w-]/g, "_")}-`;
    this.#file = join(this.#folder, `${this.#prefix}${hash.slice(0, 16)}.json`);
    this.#known = this.#read();
  }

  /** The columns of the migrated database; `undefined` where nothing is kept. */
  get columns(): readonly CatalogueColumn[] | undefined {
    return this.#known?.columns;
  }

  /** The description of a text; `undefined` where it is not kept. */
  get(text: string): Description | undefined {
    return this.#known?.statements[keyOf(text)];
  }

  /** Forgets everything, and begins with these columns. */
  begin(columns: readonly CatalogueColumn[]): void {
    this.#known = { columns, statements: {} };
    this.#isChanged = true;
  }

  /** Keeps the description of a text until `save`. */
  set(text: string, description: Description): void {
    if (this.#known === undefined) return;
    this.#known.statements[keyOf(text)] = description;
    this.#isChanged = true;
  }

  /** Writes what is new, without the statements that are no longer `used`; removes the oldest states. */
  save(used: ReadonlySet<string>): void {
    if (!this.#isChanged || this.#known === undefined) return;
    const keys = new Set([...used].map(keyOf));
    const kept = Object.entries(this.#known.statements).filter(([key]) => keys.has(key));
    this.#write({ columns: this.#known.columns, statements: Object.fromEntries(kept) });
  }

  /** Writes what is known beside what other processes have written meanwhile. */
  saveBesideOthers(): void {
    if (this.#known === undefined) return;
    const { columns, statements } = this.#known;
    this.#write({ columns, statements: { ...this.#read()?.statements, ...statements } });
  }

  #write(known: Known): void {
    mkdirSync(this.#folder, { recursive: true });
    const beside = `${this.#file}.${process.pid}`;
    writeFileSync(beside, JSON.stringify(known));
    // Put in place as a whole: an editor may read the file meanwhile.
    renameSync(beside, this.#file);
    this.#isChanged = false;
    this.#removeOld();
  }

  #read(): Known | undefined {
    try {
      return JSON.parse(readFileSync(this.#file, "utf8")) as Known;
    } catch {
      return undefined;
    }
  }

  #removeOld(): void {
    const states = readdirSync(this.#folder)
      .filter((name) => name.startsWith(this.#prefix) && name.endsWith(".json"))
      .map((name) => join(this.#folder, name))
      .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    for (const old of states.slice(KEPT_STATES)) rmSync(old, { force: true });
  }
}

function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 27);
}
