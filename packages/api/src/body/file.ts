import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { Content, disposition, type ContentOptions } from "./content.ts";

/** How a file is sent. The status is no option: Rust finds it, such as 200, 206, 304, 404, 412 or 416. */
export interface FileOptions extends Pick<ContentOptions, "headers"> {
  /** The media type. Default: by the extension, `application/octet-stream` for an unknown one. */
  readonly type?: string;
  /** The name under which browsers save the file; makes the disposition `attachment` unless that says otherwise. */
  readonly name?: string;
  /** Whether browsers show the file or save it. Default `inline` without a `name`. */
  readonly disposition?: "inline" | "attachment";
  /**
   * The folder that holds the file, absolute or a `file:` URL: the path is then a name below it, which a caller may give. A path
   * that would leave the folder, hidden names and links that lead out of it are 404. Without a `root`, never make the path of what
   * a caller says.
   */
  readonly root?: string | URL;
}

/** A file of this machine as an answer; `file()` makes one. */
export class FileBody extends Content {
  /** @internal */
  override readonly kind = "file";
  /** The absolute path, or the name below `root`. */
  readonly path: string;
  /** The folder that holds the file. */
  readonly root: string | undefined;

  /** @internal */
  constructor(path: string, root: string | undefined, headers: Readonly<Record<string, string>>) {
    super(200, headers);
    this.path = path;
    this.root = root;
  }
}

/**
 * Makes an answer that sends a file from the disk. Rust reads and sends it: with ranges, conditional requests
 * (`etag`, `last-modified`: 304, 412) and HEAD, in pieces, without JavaScript.
 *
 * Shape:  an absolute path or a `file:` URL, such as `new URL("./manual.pdf", import.meta.url)`; with `root` a name below that folder.
 * Errors: TypeError for a path that is neither. A file that is not there is answered 404.
 * Example:
 * ```ts
 * import { api, file } from "@twinloop/api";
 *
 * export const report = api(
 *   { expose: true, method: "GET", path: "/reports/:name" },
 *   async ({ name }: { name: string }) => file(name, { root: "/srv/reports", name }),
 * );
 * ```
 */
export function file(path: string | URL, options: FileOptions = {}): FileBody {
  const { type, name, root, headers = {} } = options;
  const shown = options.disposition ?? (name === undefined ? undefined : "attachment");
  const shows: Record<string, string> =
    shown === undefined
      ? {}
      : { "content-disposition": name === undefined ? shown : disposition(shown, name) };
  const typed: Record<string, string> = type === undefined ? {} : { "content-type": type };
  const folder = root === undefined ? undefined : absolute(root, "root");
  const found = folder === undefined ? absolute(path, "the path") : String(path);
  return new FileBody(found, folder, { ...typed, ...shows, ...headers });
}

/** The absolute path of a text or URL. Errors: `TypeError` for a relative one, a NUL, and a URL that is no `file:` URL. */
function absolute(path: string | URL, what: string): string {
  const text = typeof path === "string" ? path : fileURLToPath(path);
  if (isAbsolute(text) && !text.includes("\0")) return text;
  throw new TypeError(
    `file(): ${what} must be absolute, or a file: URL such as new URL("./a.pdf", import.meta.url), found ${JSON.stringify(text)}`,
  );
}
