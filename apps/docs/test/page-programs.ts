import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** A program on a page or in a doc comment: what stands in one fence of the language `ts`. */
export interface PageProgram {
  /**
   * `api-2` for the second program of packages/api/README.md, `root-1` for the first of README.md, `api.ts-1` for the
   * first of a source file api.ts.
   */
  readonly name: string;
  /** `packages/api/README.md:70`, the line of the fence. */
  readonly place: string;
  readonly source: string;
}

/** The programs of README.md, of every package's README.md and of its doc comments, in the order of pages and lines. */
export function pagePrograms(): readonly PageProgram[] {
  const rooms = readdirSync(join(ROOT, "packages")).toSorted();
  const pages = [
    ["root", "README.md"],
    ...rooms.map((room) => [room, `packages/${room}/README.md`]),
  ] as const;
  const comments = rooms.flatMap(sourceFiles).map((file) => [basename(file), file] as const);
  return [
    ...pages.flatMap(([name, page]) => programsOf(name, page, /^```ts\n(.*?)^```$/gms)),
    ...comments.flatMap(([name, file]) => programsOf(name, file, /^ +\* ```ts\n(.*?)^ +\* ```$/gms)),
  ];
}

/** The TypeScript files of a package, tests included. */
function sourceFiles(room: string): string[] {
  const folder = join(ROOT, "packages", room, "src");
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true }).map(
    (file) => `packages/${room}/src/${String(file)}`,
  );
  return files.filter((file) => file.endsWith(".ts")).toSorted();
}

function programsOf(name: string, page: string, fences: RegExp): PageProgram[] {
  if (!existsSync(join(ROOT, page))) return [];
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(fences)].map(({ 1: inside = "", index }, at) => {
    const line = text.slice(0, index).split("\n").length;
    const source = page.endsWith(".md") ? inside : inside.replaceAll(/^ +\* ?/gm, "");
    return { name: `${name}-${at + 1}`, place: `${page}:${line}`, source };
  });
}
