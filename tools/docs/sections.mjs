import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/command.mjs";
import { commandsPage } from "./reference/commands.mjs";
import { environmentPage } from "./reference/environment.mjs";
import { errorsPage } from "./reference/errors.mjs";
import { manifestPage } from "./reference/manifest.mjs";
import { optionsPage } from "./reference/options.mjs";
import { programmingPage } from "./reference/programming.mjs";
import { telemetryPage } from "./reference/telemetry.mjs";
import { typesPage } from "./reference/types.mjs";

/**
 * One page of the site: its address, its name in the side bar, and where its text is from. A `source` is a file of the checkout,
 * which the site includes as it is; `make` writes the text from the code.
 *
 * @typedef {{ page: string, text: string, source?: string, make?: () => Promise<string> | string }} Page
 * @typedef {{ text: string, pages: readonly Page[], collapsed?: boolean }} Section
 */

/** @param {string} page @param {string} text @returns {Page} a page that is written by hand, in `docs/` */
const written = (page, text) => ({ page, text, source: `docs/${page}.md` });

/** @param {string} name @param {string} text @param {string} [source] @returns {Page} a page of "how it works" */
const design = (name, text, source = `docs/design/${name}.md`) => ({ page: `how/${name}`, text, source });

/** @param {string} name @param {string} text @param {() => Promise<string> | string} make @returns {Page} */
const made = (name, text, make) => ({ page: `reference/${name}`, text, make });

/** @returns {Page[]} a page for the README of each package */
function packagePages() {
  const names = readdirSync(join(root, "packages")).filter((name) => !name.startsWith("."));
  return names.map((name) => ({
    page: `packages/${name}`,
    text: name,
    source: `packages/${name}/README.md`,
  }));
}

/** Designs with a place of their own in the side bar, and the first one, which is history. */
const PLACED = ["crossing", "edge", "pool", "cron", "telemetry", "patterns", "safety", "first-design"];

/** @returns {Page[]} a page for each further design, called by its heading */
function otherDesigns() {
  const names = readdirSync(join(root, "docs/design")).map((file) => file.replace(/\.md$/, ""));
  return names
    .filter((name) => !PLACED.includes(name))
    .map((name) => {
      const text = readFileSync(join(root, `docs/design/${name}.md`), "utf8");
      return design(name, /^# (.+)$/m.exec(text)?.[1] ?? name);
    });
}

/** The sections of the site, in the order of the side bar. @type {readonly Section[]} */
export const SECTIONS = [
  {
    text: "Begin",
    pages: [
      written("start", "Start in five minutes"),
      written("service", "A service with everything"),
      { page: "examples", text: "Examples", source: "examples/README.md" },
    ],
  },
  {
    text: "Primitives",
    pages: [
      written("guides/api", "HTTP endpoints"),
      written("guides/sqldb", "PostgreSQL"),
      written("guides/pubsub", "Messages"),
      written("guides/cron", "Cron, and fleets"),
      written("guides/secrets", "Secrets and rotation"),
      written("guides/objects", "Objects"),
    ],
  },
  {
    text: "HTTP",
    pages: [
      written("guides/auth", "Auth"),
      written("guides/middleware", "Middleware, services, policies"),
      written("guides/streams", "WebSockets and events"),
      written("guides/raw", "Raw endpoints, frameworks"),
      written("guides/forms", "Forms and uploads"),
      written("guides/cookies", "Cookies and sessions"),
      written("guides/errors", "Errors"),
      written("guides/clients", "Clients and OpenAPI"),
    ],
  },
  {
    text: "Working",
    pages: [
      written("guides/tests", "Tests"),
      written("guides/transactions", "Transactions and the outbox"),
      written("orms", "ORMs and other libraries"),
      written("guides/agents", "AI agents"),
      written("json-schemas", "JSON Schemas of files"),
    ],
  },
  {
    text: "Running",
    pages: [
      written("guides/deploying", "Deploying"),
      written("guides/observability", "Observing"),
      written("guides/tuning", "Tuning"),
      written("guides/security", "Security"),
      written("guides/versions", "Versions"),
    ],
  },
  {
    text: "Moving from",
    pages: [
      written("moving/encore", "Encore.ts"),
      written("moving/express", "Express"),
      written("moving/fastify", "Fastify"),
      written("moving/nest", "Nest"),
    ],
  },
  {
    text: "Reference",
    pages: [
      made("options", "Options", optionsPage),
      made("types", "Types", typesPage),
      made("errors", "Errors", errorsPage),
      made("environment", "Environment", environmentPage),
      made("commands", "Commands", commandsPage),
      made("telemetry", "Metrics and spans", telemetryPage),
      made("manifest", "The manifest", manifestPage),
      made("programming", "API documentation", programmingPage),
    ],
  },
  { text: "Packages", collapsed: true, pages: packagePages() },
  {
    text: "How it works",
    collapsed: true,
    pages: [
      design("architecture", "Architecture", "ARCHITECTURE.md"),
      design("crossing", "The crossing"),
      design("edge", "The edge"),
      design("pool", "Connections"),
      design("cron", "Cron"),
      design("telemetry", "Telemetry"),
      design("patterns", "Patterns"),
      design("safety", "What must not crack"),
      ...otherDesigns(),
      design("glossary", "Glossary", "docs/glossary.md"),
      design("where", "Where does X live?", "docs/where.md"),
    ],
  },
];

/** @returns {readonly Page[]} all pages of the site but its first */
export function allPages() {
  return SECTIONS.flatMap(({ pages }) => pages);
}
