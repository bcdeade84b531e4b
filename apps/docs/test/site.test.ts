import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test, vi } from "vitest";
import { BUILT, buildSite } from "../../../tools/docs/build-site.mjs";
import { commandLines } from "../../../tools/docs/reference/commands.mjs";
import { allVariables } from "../../../tools/docs/reference/environment.mjs";
import { errorList } from "../../../tools/docs/reference/errors.mjs";
import { metrics } from "../../../tools/docs/reference/telemetry.mjs";
import { allPages } from "../../../tools/docs/sections.mjs";
import { STAGED } from "../../../tools/docs/stage-site.mjs";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

// Fails on dead links and anchors.
beforeAll(() => buildSite({ minify: false }));

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const staged = (page: string): string => readFileSync(join(STAGED, `${page}.md`), "utf8");

/** The names in code at the beginning of the rows of a page's tables. */
function rowNames(page: string): string[] {
  return [...staged(page).matchAll(/^\| (?:<a [^>]*><\/a>)?`([^`]+)` \|/gm)].map(([, name = ""]) => name);
}

test("every page of the site is built, and every page that is written is on the site", () => {
  const pages = allPages();
  expect(pages.filter(({ page }) => !existsSync(join(BUILT, `${page}.html`)))).toEqual([]);
  const sources = new Set(pages.map(({ source }) => source));
  const written = ["docs", "docs/guides", "docs/moving", "docs/design"].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith(".md"))
      .map((file) => `${folder}/${file}`),
  );
  // The first page has a place of its own; the first design is history.
  const elsewhere = ["docs/index.md", "docs/design/first-design.md"];
  expect(written.filter((file) => !sources.has(file) && !elsewhere.includes(file))).toEqual([]);
});

test("the page of errors has each code of the contract, and no other", () => {
  const { codes, downstream, database, system } = errorList();
  const known = new Set([codes, downstream, database, system].flat().map(({ code }) => code));
  expect(new Set(rowNames("reference/errors"))).toEqual(known);
});

/** What reads a variable of the environment, in TypeScript and in Rust. */
const READS =
  /(?:\benv|environment|values)(?:\.|\[")([A-Z][A-Z0-9_]{2,})\b|env::var(?:_os)?\("([A-Z][A-Z0-9_]+)"/g;
/** Variables of others that are looked at, not settings of ours: who runs the app, and what tests and \`dev\` tell each other. */
const FOREIGN =
  /^(?:HOSTNAME|COMPUTERNAME|FULL|CI|DEBUG|ENCORE_\w*|AWS_\w+|K_\w+|FLY_\w+|npm_\w+|OPEN|LIMIT|TWINLOOP_PARENT_FD|TWINLOOP_DASHBOARD)$/;

function variablesInSources(): string[] {
  const sources = ["packages", "crates"].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).flatMap((room) => {
      const folder = join(ROOT, kind, room, "src");
      if (!existsSync(folder)) return [];
      const files = readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file)));
      return files.filter(
        (file) => /(?<!\.test|\.d)\.(?:ts|rs)$/.test(file) && !/[\\/]tests?[\\/.]/.test(file),
      );
    }),
  );
  const code = sources.map((file) => readFileSync(file, "utf8").replaceAll(/^\s*(?:\/\/|\*).*$/gm, ""));
  const names = code.flatMap((text) => [...text.matchAll(READS)].map(([, one, other]) => one ?? other ?? ""));
  return [...new Set(names)].filter((name) => !FOREIGN.test(name));
}

test("the page of the environment has each variable that the sources read", async () => {
  const page = new Set(rowNames("reference/environment"));
  expect(variablesInSources().filter((name) => !page.has(name))).toEqual([]);
  const all = (await allVariables()).map(({ name }) => name);
  expect(all.filter((name) => !page.has(name))).toEqual([]);
});

test("the page of commands has each line and option of the command's help", async () => {
  const page = staged("reference/commands");
  const { usage, common, options } = await commandLines();
  expect(usage.length).toBeGreaterThan(15);
  const rows = [
    ...usage.map(({ words }) => `twinloop ${words}`),
    ...[common, ...options.values()].flat().map(({ words }) => words),
  ];
  expect(rows.filter((words) => !page.includes(words.replaceAll("|", "\\|")))).toEqual([]);
  const text = read("packages/cli/README.md");
  for (const command of ["dev", "build", "check", "migrate", "topics", "cron", "secrets", "objects"]) {
    expect(usage.some(({ words }) => words.startsWith(command))).toBe(true);
    expect(text).toContain(command);
  }
});

test("the page of metrics has each name of the design, and the design each of the sources", () => {
  const [, paragraph = ""] = /^Metrics: (.*?)\n\n/ms.exec(read("docs/design/telemetry.md")) ?? [];
  const designed = [
    ...paragraph.matchAll(
      /`((?:http\.server|db\.client|messaging|twinloop|nodejs|process|v8js)\.[a-z_.]+)`/g,
    ),
  ]
    .map(([, name = ""]) => name)
    .filter((name) => !LABELS.has(name));
  const recorded = metrics().map(({ name }) => name);
  expect(new Set(recorded)).toEqual(new Set(designed));
  expect(metrics().filter(({ help }) => help === "")).toEqual([]);
});

/** Names in the design's list of metrics that are labels. */
const LABELS = new Set([
  "db.client.connection.pool.name",
  "twinloop.operation",
  "twinloop.bucket",
  "twinloop.state",
  "twinloop.reason",
  "twinloop.isolate",
]);
