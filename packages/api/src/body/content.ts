/** What a body's answer says beside its bytes. */
export interface ContentOptions {
  /** The status, from 200 to 599. Default 200. */
  readonly status?: number;
  /**
   * Further headers by name; they replace the ones that the body brings. A value with a line break or control character is
   * answered 500 when the body is sent.
   */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The bodies that a handler may return beside JSON. */
export type ContentKind = "html" | "csv" | "text" | "file" | "redirect";

/** An answer that is not JSON: the base of `HTML`, `CSV`, `TextBody`, `FileBody` and `Redirect`. */
export abstract class Content {
  /** @internal */
  abstract readonly kind: ContentKind;
  /** The status of the answer. */
  readonly status: number;
  /** Headers of the answer, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;

  protected constructor(status: number, headers: Readonly<Record<string, string>>) {
    if (!Number.isInteger(status) || status < 200 || status > 599)
      throw new RangeError(`a status is from 200 to 599, found ${status}`);
    this.status = status;
    this.headers = lowerCase(headers);
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * A page of HTML as an answer, in UTF-8. Nothing is escaped: whatever comes from users must be, by whoever makes the page.
 *
 * Example: `return new HTML("<!doctype html><title>Hello</title>", { status: 404 });`
 */
export class HTML extends Content {
  /** @internal */
  override readonly kind = "html";
  /** The page. */
  readonly text: string;

  /** A page from its text. */
  constructor(text: string, { status = 200, headers = {} }: ContentOptions = {}) {
    super(status, { "content-type": "text/html; charset=utf-8", ...lowerCase(headers) });
    this.text = text;
  }
}

/**
 * A text, as a request's body or as an answer, in UTF-8.
 *
 * Shape:  as a request, whole or as one field beside those of path, query, headers and cookies: `text` and the `type` that was
 *         sent (any `text/…`). As an answer, `new TextBody(text, type?)`, by default `text/plain`.
 * Example: `return new TextBody("User-agent: *\nDisallow:\n");`
 */
export class TextBody extends Content {
  /** @internal */
  override readonly kind = "text";
  /** The text. */
  readonly text: string;

  /** A text of a media type, which stands in the `content-type` as it is given: name the charset, which is always UTF-8. */
  constructor(
    text: string,
    type = "text/plain; charset=utf-8",
    { status = 200, headers = {} }: ContentOptions = {},
  ) {
    super(status, { "content-type": type, ...lowerCase(headers) });
    this.text = text;
  }

  /** The text's media type. */
  get type(): string {
    return this.headers["content-type"]!;
  }
}

/** A value in a cell of a `CSV`: empty for `null` and `undefined`, RFC 3339 for a `Date`, otherwise as `String()` writes it. */
export type Cell = string | number | bigint | boolean | Date | null | undefined;

/**
 * A table as `text/csv`, from rows or from a text that is written already.
 *
 * Shape:  rows of cells, or objects, such as the rows of a query: the names of the first one are then the first line, and the
 *         columns of all. `null` and `undefined` are empty, a `Date` is RFC 3339. Cells with commas, quotes or line breaks are quoted.
 *         A text that spreadsheets would run as a formula (`=`, `+`, `-`, `@`, tab) is written as it is, unless `safe`.
 * Errors: a `TypeError` names the row that is neither, and the cell that is an object.
 * Source: RFC 4180.
 * Example: `return new CSV([["id", "url"], ...links.map(({ id, url }) => [id, url])], { name: "links.csv", safe: true });`
 */
export class CSV extends Content {
  /** @internal */
  override readonly kind = "csv";
  /** The table as text. */
  readonly text: string;

  /**
   * A table, written here and kept as one text: an iterable is read to its end. `name` makes browsers save it under that name;
   * `safe` puts a `'` before texts that spreadsheets would run (texts only: a negative number stays one).
   */
  constructor(
    // oxlint-disable-next-line typescript/no-explicit-any -- an interface has no index signature; cells are looked at
    table: string | Iterable<readonly Cell[]> | Iterable<{ readonly [name: string]: any }>,
    {
      name,
      safe = false,
      status = 200,
      headers = {},
    }: ContentOptions & { readonly name?: string; readonly safe?: boolean } = {},
  ) {
    const saved = name === undefined ? {} : { "content-disposition": disposition("attachment", name) };
    super(status, {
      "content-type": "text/csv; charset=utf-8; header=present",
      ...saved,
      ...lowerCase(headers),
    });
    this.text = typeof table === "string" ? table : linesOf([...table], safe);
  }
}

/** Writes the rows. Of objects, the names of the first are the first line; properties that only later ones have are left out. */
function linesOf(rows: readonly unknown[], safe: boolean): string {
  const [first] = rows;
  const isNamed = typeof first === "object" && first !== null && !Array.isArray(first);
  const names = isNamed ? Object.keys(first) : undefined;
  const lines = rows.map((row, index) => lineOf(cellsOf(row, names, index), safe));
  return (names === undefined ? lines : [lineOf(names, safe), ...lines]).join("");
}

/** The cells of a row: its own, or those of the columns that the first row has named. */
function cellsOf(row: unknown, names: readonly string[] | undefined, index: number): readonly unknown[] {
  const isFit = typeof row === "object" && row !== null && Array.isArray(row) === (names === undefined);
  if (!isFit) {
    const expected = names === undefined ? "a list of cells" : "an object, as the first one is";
    throw new TypeError(`row ${index + 1} of the CSV is not ${expected}`);
  }
  return names?.map((name) => (row as Record<string, unknown>)[name]) ?? (row as unknown[]);
}

function lineOf(row: readonly unknown[], safe: boolean): string {
  return `${row.map((cell, column) => cellText(cell, column, safe)).join(",")}\r\n`;
}

/** Writes a cell, in quotes where it must be. Source: RFC 4180, section 2, rules 5 to 7; OWASP, "CSV Injection", for `safe`. */
function cellText(cell: unknown, column: number, safe: boolean): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "object" && !(cell instanceof Date))
    throw new TypeError(`column ${column + 1} of the CSV has an object: make a text of it first`);
  const plain = cell instanceof Date ? cell.toISOString() : String(cell);
  const text = safe && typeof cell === "string" && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Writes a `Content-Disposition` with a file's name: as it is where it is plain, and in the form of RFC 8187 beside it where
 * it is not. Source: RFC 6266.
 *
 * Example: `disposition("attachment", "préface.txt")` -> `attachment; filename="pr_face.txt"; filename*=UTF-8''pr%C3%A9face.txt`
 */
export function disposition(kind: "attachment" | "inline", name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  if (plain === name) return `${kind}; filename="${plain}"`;
  const whole = encodeURIComponent(wellFormed(name)).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${whole}`;
}

/** Replaces unpaired surrogates, which have no form in UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
