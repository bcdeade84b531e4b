import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The templates, as they are named and in the order in which they are offered. */
export const TEMPLATES = ["minimal", "rest", "messages", "full-stack"] as const;

/** The name of a template. */
export type TemplateName = (typeof TEMPLATES)[number];

/** Whether a text names a template. */
export function isTemplate(text: string): text is TemplateName {
  return (TEMPLATES as readonly string[]).includes(text);
}

/** What a template says of itself in its `template.json`, together with the template that it extends. */
export interface Template {
  /** The name that the question shows. */
  readonly title: string;
  /** A few words behind the title. */
  readonly hint: string;
  /** What the app is, as a sentence. */
  readonly about: string;
  /** Packages of the `@twinloop` scope, without the scope: that the app runs with, and of development. */
  readonly packages: readonly string[];
  readonly devPackages: readonly string[];
  /** Packages of others that development needs, of those in `versions.ts`. */
  readonly tools: readonly string[];
  /** Further scripts of package.json. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Commands, or names of scripts, that go before a script: `{ "build": "page" }`. */
  readonly before: Readonly<Record<string, string>>;
  /** Folders that an image needs beside the code. */
  readonly deploys: readonly string[];
  /** Generated files that git is to ignore. */
  readonly ignores: readonly string[];
  /** The lines of `.env.example`. */
  readonly environment: readonly string[];
  /** The variables that production needs. */
  readonly productionEnvironment: readonly string[];
  /** Lines of AGENTS.md: what declares something beside `api(…)`, where things are, what goes wrong. */
  readonly declares: readonly string[];
  readonly layout: readonly string[];
  readonly pitfalls: readonly string[];
  /** Commands to try the app with. */
  readonly try: readonly string[];
  /** The text of each file, by its path with `/` in the app's folder. */
  readonly files: ReadonlyMap<string, string>;
}

/** The folder of the templates in this package. */
const HOME = fileURLToPath(new URL("../templates", import.meta.url));

type Written = Partial<Omit<Template, "files">> & { readonly extends?: TemplateName };

/** Reads a template from the package's folder. */
export function readTemplate(name: TemplateName): Template {
  return templateFrom(name, filesIn("shared"));
}

/**
 * Makes a template out of its folder. Of the template that it extends, lists are continued, scripts and files are
 * overlaid, and `title`, `hint`, `about` and `try` are not taken.
 */
function templateFrom(name: TemplateName, shared: ReadonlyMap<string, string>): Template {
  const files = new Map(filesIn(name));
  const own = JSON.parse(files.get("template.json") ?? "{}") as Written;
  files.delete("template.json");
  const base = own.extends === undefined ? undefined : templateFrom(own.extends, shared);
  return {
    title: own.title ?? name,
    hint: own.hint ?? "",
    about: own.about ?? "",
    try: own.try ?? [],
    ...lists(base, own),
    scripts: { ...base?.scripts, ...own.scripts },
    before: { ...base?.before, ...own.before },
    files: new Map([...(base?.files ?? shared), ...files]),
  };
}

/** The parts of a template that are lists, each behind those of the template that it extends. */
const LISTS = [
  ...(["packages", "devPackages", "tools", "deploys", "ignores"] as const),
  ...(["environment", "productionEnvironment", "declares", "layout", "pitfalls"] as const),
];

/** The lists of both templates, joined. */
function lists(base: Template | undefined, own: Written): Pick<Template, (typeof LISTS)[number]> {
  const joined = LISTS.map((key) => [key, [...(base?.[key] ?? []), ...(own[key] ?? [])]]);
  return Object.fromEntries(joined) as Pick<Template, (typeof LISTS)[number]>;
}

/** Reads the files below a folder of templates. npm publishes no `.gitignore`: a leading `_` stands for the dot. */
function filesIn(folder: string): Map<string, string> {
  const root = join(HOME, folder);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(root.length + 1).replaceAll("\\", "/");
      return [name.replace(/(^|\/)_/, "$1."), readFileSync(path, "utf8")];
    }),
  );
}
