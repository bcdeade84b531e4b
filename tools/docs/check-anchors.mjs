import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Pages beside the site's own, which a quick build leaves out. */
const OTHERS = /^\/typedoc\//;

/**
 * Looks for links within the built site that lead to no page, or to no place of a page. VitePress itself looks at pages alone.
 *
 * @param {string} folder the built site
 * @returns {string[]} each as `<page>: <link>`
 */
export function deadAnchors(folder) {
  const files = readdirSync(folder, { recursive: true }).map(String);
  const pages = new Map(
    files.filter((file) => file.endsWith(".html")).map((file) => [file, readPage(folder, file)]),
  );
  /** @type {string[]} */
  const dead = [];
  for (const [file, { links }] of pages) {
    for (const link of links) {
      if (OTHERS.test(link)) continue;
      const [path = "", anchor = ""] = link.split("#");
      const target = path === "" ? file : targetOf(folder, path);
      const place = decodeURIComponent(anchor);
      const isThere = target !== null && (place === "" || pages.get(target)?.ids.has(place) === true);
      if (!isThere) dead.push(`${file}: ${link}`);
    }
  }
  return [...new Set(dead)];
}

/** @param {string} folder @param {string} path an address of the site @returns {string | null} its file */
function targetOf(folder, path) {
  const name = path.slice(1);
  const found = [`${name}.html`, `${name}index.html`, `${name}/index.html`, name].find(
    (file) => file !== "" && existsSync(join(folder, file)),
  );
  return found ?? null;
}

/** @param {string} folder @param {string} file */
function readPage(folder, file) {
  const html = readFileSync(join(folder, file), "utf8");
  const links = [...html.matchAll(/ href="([#/][^"]*)"/g)].map(([, link = ""]) =>
    link.replaceAll("&amp;", "&"),
  );
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id));
  return { links: new Set(links.filter((link) => !/\.(?:css|js|woff2|svg|png|ico)$/.test(link))), ids };
}
