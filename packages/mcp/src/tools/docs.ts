import MiniSearch from "minisearch";
import { z } from "zod";
import { pagesOf, readPage, sectionsOf } from "../docs/pages.ts";
import { defineTool, type Tool } from "../tool.ts";
import { ToolProblem } from "../tool-problem.ts";

/**
 * The tool `search_docs`. The index is built anew for each question, so that a package that was just installed or
 * updated is found at once. Words match by prefix, and with an edit distance of up to a fifth of their length; a hit
 * in a section's title counts three times. Source: MiniSearch, `SearchOptions`.
 */
const search = defineTool({
  name: "search_docs",
  title: "Search the documentation",
  description:
    "Searches the READMEs of the app's installed @twinloop packages, in their installed version, and the app's own AGENTS.md and README.md. " +
    "Gives the sections that fit best. Ask it before writing code with an API that you have not read.",
  input: z.strictObject({ query: z.string().min(1), limit: z.int().min(1).max(20).default(5) }),
  run: async ({ root }, { query, limit }) => {
    const sections = pagesOf(root).flatMap((page) => sectionsOf(page.name, readPage(page)));
    const index = new MiniSearch({
      fields: ["title", "text", "page"],
      searchOptions: { boost: { title: 3 }, prefix: true, fuzzy: 0.2 },
    });
    index.addAll(sections.map((section, id) => ({ id, ...section })));
    return Promise.resolve(
      index
        .search(query)
        .slice(0, limit)
        .map(({ id }) => sections[Number(id)]),
    );
  },
});

/**
 * The tool `read_doc`; a page may be named without its scope, as `api` for `@twinloop/api`. Errors: `not_found` with
 * the names of all pages.
 */
const read = defineTool({
  name: "read_doc",
  title: "Read a page",
  description:
    "Gives a whole page of the documentation: the README of an installed @twinloop package, or the app's own AGENTS.md or README.md.",
  input: z.strictObject({ page: z.string().min(1).describe("@twinloop/api, for example") }),
  run: async ({ root }, { page: wanted }) => {
    const pages = pagesOf(root);
    const page = pages.find(({ name }) => name === wanted || name === `@twinloop/${wanted}`);
    if (page !== undefined) return Promise.resolve(readPage(page));
    const all = pages.map(({ name }) => name).join(", ");
    throw new ToolProblem("not_found", `There is no page ${wanted}.`, `There are: ${all}.`);
  },
});

/** The tools that read documentation. */
export const docTools: readonly Tool[] = [search, read];
