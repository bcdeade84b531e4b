import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const DOCS = fileURLToPath(new URL("../../../docs", import.meta.url));

/** The folders of the pages that are written for the site; `design` and the like have drawings and figures instead of programs. */
const FOLDERS = ["", "guides", "moving"];
/** Pages whose programs other suites run: ORMs on a real PostgreSQL. */
const RUN_ELSEWHERE = ["orms"];

/** An app that a page shows: its files, and what is run of them. */
export interface PageApp {
  /** `guides/api`, or `guides/api 2` for the second app of the page. */
  readonly name: string;
  /** The files by their paths, as the page has them. */
  readonly files: Readonly<Record<string, string>>;
  /** The modules that the app loads, in the order of the page; the one that calls `start()` comes last. */
  readonly modules: readonly string[];
  /** Programs that run beside the running app. */
  readonly after: readonly string[];
  /** Whether the page has tests of the app. */
  readonly hasTests: boolean;
}

/** A program that is not run, and why. */
export interface Fragment {
  readonly page: string;
  readonly reason: string;
}

interface Fence {
  readonly language: string;
  /** What stands behind the language: `fragment: …`, `test`, `after`, `another` for the first program of another app, or nothing. */
  readonly mark: string;
  readonly text: string;
  /** The path in the first line's comment, `// src/app.ts`. */
  readonly path: string | undefined;
}

/** The pages of the site by name, each with its fences. */
function pages(): readonly (readonly [string, readonly Fence[]])[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(DOCS, folder))
      .filter((file) => file.endsWith(".md"))
      .map((file) => join(folder, file.slice(0, -".md".length)))
      .filter((page) => !RUN_ELSEWHERE.includes(page))
      .map((page) => [page, fencesOf(readFileSync(join(DOCS, `${page}.md`), "utf8"))] as const),
  );
}

function fencesOf(text: string): Fence[] {
  return [...text.matchAll(/^```(\w+) ?([^\n]*)\n(.*?)^```$/gms)].map(
    ([, language = "", mark = "", inside = ""]) => {
      const path = /^(?:\/\/|--|#) ((?:[\w.-]+\/)*[\w.-]+\.\w+)\n/.exec(inside)?.[1];
      return { language, mark, text: inside, path };
    },
  );
}

/** The programs of the site's pages that are not run. */
export function fragments(): readonly Fragment[] {
  return pages().flatMap(([page, fences]) =>
    fences
      .filter(({ language, mark }) => language === "ts" && mark.startsWith("fragment"))
      .map(({ mark }) => ({ page, reason: mark.slice("fragment".length).replace(/^:\s*/, "") })),
  );
}

/** All apps of the site's pages. A page has several where it shows several calls of `start()`, or a file twice. */
export function pageApps(): readonly PageApp[] {
  return pages().flatMap(([page, fences]) => appsOf(page, fences));
}

function appsOf(page: string, fences: readonly Fence[]): PageApp[] {
  const shared = Object.fromEntries(
    fences.flatMap(({ language, path, text }) =>
      language === "sql" && path !== undefined ? [[path, text]] : [],
    ),
  );
  for (const { language, text } of fences) {
    const env = language === "sh" ? /^echo '(.+)' > \.env$/m.exec(text)?.[1] : undefined;
    if (env !== undefined) shared[".env"] = `${env}\n`;
  }
  const programs = fences.filter(({ language, mark }) => language === "ts" && !mark.startsWith("fragment"));
  const groups: Fence[][] = [];
  for (const program of programs) {
    const last = groups.at(-1);
    if (last === undefined || beginsAnother(program, last)) groups.push([program]);
    else last.push(program);
  }
  return groups.map((group, at) => appOf(at === 0 ? page : `${page} ${at + 1}`, group, shared));
}

const starts = ({ text }: Fence): boolean => /\bawait start\(/.test(text);

/** Whether a program cannot be of the app that stands before it. */
function beginsAnother(program: Fence, group: readonly Fence[]): boolean {
  const isTaken = program.path !== undefined && group.some(({ path }) => path === program.path);
  return program.mark === "another" || isTaken || (starts(program) && group.some(starts));
}

function appOf(name: string, group: readonly Fence[], shared: Readonly<Record<string, string>>): PageApp {
  const named = group.map((fence, at) => ({ ...fence, path: fence.path ?? `src/program-${at + 1}.ts` }));
  const paths = (chosen: (fence: Fence) => boolean): string[] => named.filter(chosen).map(({ path }) => path);
  const isModule = ({ mark }: Fence): boolean => mark === "" || mark === "another";
  return {
    name,
    files: { ...shared, ...Object.fromEntries(named.map(({ path, text }) => [path, text])) },
    modules: [
      ...paths((fence) => isModule(fence) && !starts(fence)),
      ...paths((fence) => isModule(fence) && starts(fence)),
    ],
    after: paths(({ mark }) => mark === "after"),
    hasTests: named.some(({ mark }) => mark === "test"),
  };
}
