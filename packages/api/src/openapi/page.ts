import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { join, posix } from "node:path";

/**
 * A document as Rust serves it: a text, or a file. Its path has no parameters, and an endpoint of the app with the same path
 * wins.
 */
export interface ServedDocument {
  readonly path: string;
  readonly contentType?: string;
  readonly text?: string;
  readonly file?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The npm package of the page, which apps install themselves: it is several megabytes that only pages need. */
const PACKAGE = "@scalar/api-reference";

/** What the page may load and ask: its own origin alone. Styles are written by its script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join("; ");

/**
 * Finds the script of Scalar's page among the app's packages; `null` where it is not installed. Looks where Node would look
 * from the app's folder.
 */
export function scalarScript(root: string): string | null {
  const script = join("dist", "browser", "standalone.js");
  const folders = createRequire(join(root, "package.json")).resolve.paths(PACKAGE) ?? [];
  const found = folders.map((folder) => join(folder, PACKAGE, script)).find((path) => existsSync(path));
  return found ?? null;
}

/**
 * The page with its two scripts, each of the app's own origin: what reads the document, and what starts it.
 *
 * Shape:  paths are given relative to one another, so that the page also works below the prefix of a proxy. Nothing is loaded
 *         from elsewhere, as the page's content security policy says.
 */
export function pageDocuments(
  page: string,
  documentPath: string,
  title: string,
  script: string,
): ServedDocument[] {
  const folder = posix.basename(page) === "" ? "." : posix.basename(page);
  const url = posix.relative(posix.dirname(page), documentPath);
  const headers = { "content-security-policy": POLICY, "referrer-policy": "no-referrer" };
  const below = (name: string): string => posix.join(page, name);
  const options = { url, proxyUrl: "", withDefaultFonts: false, telemetry: false, agent: { disabled: true } };
  return [
    { path: page, contentType: "text/html; charset=utf-8", text: html(title, folder), headers },
    { path: below("scalar.js"), file: script },
    {
      path: below("start.js"),
      contentType: "text/javascript; charset=utf-8",
      text: `Scalar.createApiReference("#app", ${JSON.stringify(options)});\n`,
    },
  ];
}

/**
 * The page's HTML. The title is escaped, as it may come from a package.json; there is no script in the page itself, which its
 * policy would refuse.
 */
function html(title: string, folder: string): string {
  const name = title.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
</head>
<body>
<div id="app"></div>
<script src="./${folder}/scalar.js"></script>
<script src="./${folder}/start.js"></script>
</body>
</html>
`;
}
