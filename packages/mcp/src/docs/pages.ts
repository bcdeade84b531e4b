import { installedPackages } from "@twinloop/compiler";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A page of documentation on this disk. */
export interface Page {
  /** The package's name, or that of the app's own file: `@twinloop/api`, `AGENTS.md`. */
  readonly name: string;
  /** The absolute path of the Markdown file. */
  readonly file: string;
}

/** The pages that the app itself may have. */
const OWN = ["AGENTS.md", "README.md"];

/**
 * The READMEs of the app's packages of Twinloop, and the app's own pages.
 *
 * Shape:  the app's root -> pages that exist on this disk: `AGENTS.md` and `README.md` of the app first. The folders
 * of `node_modules/@twinloop` add what `installedPackages` leaves out: packages that neither declare something nor
 * bring a command.
 */
export function pagesOf(root: string): readonly Page[] {
  const scope = join(root, "node_modules/@twinloop");
  const beside = existsSync(scope)
    ? readdirSync(scope).map((name) => [`@twinloop/${name}`, join(scope, name)])
    : [];
  const installed = installedPackages(root).map(({ name, folder }) => [name, folder]);
  const folders = new Map([...installed, ...beside] as [string, string][]);
  const readmes = [...folders].map(([name, folder]) => ({ name, file: join(folder, "README.md") }));
  const own = OWN.map((name) => ({ name, file: join(root, name) }));
  return [...own, ...readmes].filter(({ file }) => existsSync(file));
}

/** Reads a page. */
export function readPage({ file }: Page): string {
  return readFileSync(file, "utf8");
}

/** A part of a page that is about one thing. */
export interface Section {
  readonly page: string;
  readonly title: string;
  readonly text: string;
}

/** Divides a page at its headings, and at paragraphs that begin with words in bold, which name what they are about. */
export function sectionsOf(page: string, text: string): readonly Section[] {
  const blocks = text.split(/\n(?=#{1,4} |\*\*[^*\n]+\*\*)/);
  return blocks.map((block) => {
    const title = /^(?:#{1,4} +(.+)|\*\*([^*\n]+)\*\*)/.exec(block);
    return { page, title: (title?.[1] ?? title?.[2] ?? page).trim(), text: block.trim() };
  });
}
