import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";
import { rewriteLinks } from "./links.mjs";
import { allPages } from "./sections.mjs";

/** The folder that VitePress reads: everything in it is made anew by each build. */
export const STAGED = join(root, "apps/docs/.site");

/**
 * Writes all pages of the site into one folder: those written by hand as they are, with their links rewritten, and those of the
 * reference made from the code.
 *
 * Errors: `Problem` with every link that leads to no file.
 *
 * @returns {Promise<void>}
 */
export async function stageSite() {
  rmSync(STAGED, { recursive: true, force: true });
  const pages = allPages();
  const addresses = new Map(
    pages.flatMap(({ page, source }) => (source === undefined ? [] : [[source, `/${page}`]])),
  );
  /** @type {string[]} */
  const dead = [];
  /** @param {string} page @param {string} source @param {string} given */
  const write = (page, source, given) => {
    const { text, dead: found } = rewriteLinks(given, source, addresses);
    dead.push(...found);
    const path = join(STAGED, `${page}.md`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  write("index", "docs/index.md", readFileSync(join(root, "docs/index.md"), "utf8"));
  const made = await Promise.all(pages.map(async (each) => ({ each, text: await textOf(each) })));
  for (const { each, text } of made) write(each.page, each.source ?? `docs/${each.page}.md`, text);
  if (dead.length > 0) throw new Problem(`Links that lead to no file:\n  ${dead.join("\n  ")}`);
}

/** @param {import("./sections.mjs").Page} page */
async function textOf({ source, make }) {
  return source === undefined ? (make?.() ?? "") : readFileSync(join(root, source), "utf8");
}
