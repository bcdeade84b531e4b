import { readFileSync } from "node:fs";

/** The least and the greatest value of an option, both included. */
export interface Bounds {
  readonly least: number;
  /** Absent for an option without an upper bound. */
  readonly most?: number;
  /** The unit of a number, where its name does not tell it. */
  readonly unit?: "bytes" | "milliseconds";
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
  readonly forms?: Readonly<Record<string, OptionForm>>;
  readonly declares: Readonly<Record<string, { readonly options: DeclaredBounds }>>;
}

/** The bounds as the file has them: forms that several declarators share stand there by their names. */
interface DeclaredBounds extends OptionBounds {
  readonly forms?: Readonly<Record<string, string>>;
}

/** What has been read, by the file's URL: a package asks for several of its declarators. */
const read = new Map<string, Declares>();

/**
 * Reads the bounds of a declarator's options, so that the build and the running app go by one list.
 *
 * Shape:  the declarator's name, such as `CronJob`, and the `import.meta.url` of a module of the package.
 * Errors: those of reading the file, which every package brings along.
 */
export function optionBounds(declarator: string, from: string): OptionBounds {
  const href = from.replace(/^([^]*)\/(?:src|dist)\/[^]*$/, "$1/declares.json");
  const found = read.get(href) ?? (JSON.parse(readFileSync(new URL(href), "utf8")) as Declares);
  read.set(href, found);
  const { forms = {}, ...bounds } = found.declares[declarator]!.options;
  const named = Object.entries(forms).map(([path, form]) => [path, found.forms![form]!] as const);
  return { ...bounds, texts: { ...bounds.texts, ...Object.fromEntries(named) } };
}

/** A whole number between bounds in words: `a whole number of bytes from 0, such as 10485760 for 10 MiB`. */
export function wholeNumberWords({ least, most = Number.MAX_SAFE_INTEGER, unit }: Bounds): string {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  if (unit === undefined) return `a whole number ${range}`;
  const example = EXAMPLES[unit].find(([number]) => number <= most);
  const such = example === undefined ? "" : `, such as ${example[0]} for ${example[1]}`;
  return `a whole number of ${unit} ${range}${such}`;
}

/** Numbers that show a unit, the first one that is within the bounds. */
const EXAMPLES: Readonly<Record<NonNullable<Bounds["unit"]>, readonly (readonly [number, string])[]>> = {
  bytes: [
    [10_485_760, "10 MiB"],
    [1_024, "1 KiB"],
  ],
  milliseconds: [[5_000, "5 s"]],
};
