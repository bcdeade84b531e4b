import { readFileSync } from "node:fs";

/** The least and the greatest value of an option, both included. */
export interface Bounds {
  readonly least: number;
  /** Absent for an option without an upper bound. */
  readonly most?: number;
}

/** The form of an option that is a text. */
export interface OptionForm {
  readonly pattern: string;
  /** What a text of another form is, as the end of a sentence. */
  readonly not: string;
  readonly hint: string;
}

/** What a package's `declares.json` says of the values of a declaration's options, by the options' paths. */
export interface OptionBounds {
  readonly whole?: Readonly<Record<string, Bounds>>;
  readonly durationMs?: Readonly<Record<string, Bounds>>;
  readonly texts?: Readonly<Record<string, OptionForm>>;
}

interface Declares {
  readonly declares: Readonly<Record<string, { readonly options: OptionBounds }>>;
}

/** What has been read, by the file's URL: a package asks for several of its declarators. */
const read = new Map<string, Declares>();

/**
 * Reads the bounds of a declarator's options, so that the build and the running app go by one list.
 *
 * Shape:  the declarator's name, such as `CronJob`, and the `import.meta.url` of a module one folder below the package's root.
 * Errors: those of reading the file, which every package brings along.
 */
export function optionBounds(declarator: string, from: string): OptionBounds {
  const { href } = new URL("../declares.json", from);
  const found = read.get(href) ?? (JSON.parse(readFileSync(new URL(href), "utf8")) as Declares);
  read.set(href, found);
  return found.declares[declarator]!.options;
}
