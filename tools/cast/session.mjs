/**
 * One step of the recorded session: what is typed, what must be seen before the next step, and how long a reader is given.
 *
 * @typedef {{ type: string, until: RegExp, pauseMs?: number }} Step
 */

/** The app of the session, `src/app.ts`. */
export const APP = `import { api, APIError, start, type IsURL, type MaxLen } from "@twinloop/api";

const links = new Map<string, string>();

export const shorten = api(
  { expose: true, method: "POST", path: "/links/:slug" },
  async ({ slug, url }: { slug: string; url: string & IsURL & MaxLen<2000> }) => {
    if (links.has(slug)) throw APIError.alreadyExists("that slug is taken");
    links.set(slug, url);
    return { slug, url };
  },
);

await start();
`;

/** @param {string} slug @param {string} body */
const post = (slug, body) =>
  `curl -sX POST localhost:4000/links/${slug} -H 'content-type: application/json' -d '${body}' | jq .`;

/** The steps of the session: an app is shown, run, called well and badly, changed, and described. @type {readonly Step[]} */
export const STEPS = [
  { type: "cat src/app.ts", until: /await start\(\);\r\n/, pauseMs: 4_000 },
  { type: "npm run dev > dev.log &", until: /\[1\] \d+/ },
  {
    type: "until curl -sf localhost:4000/readyz; do sleep 0.2; done",
    until: /"status":"ready"\}/,
    pauseMs: 800,
  },
  {
    type: post("home", '{"url": "https://example.com"}'),
    until: /"url": "https:\/\/example\.com"\r\n\}/,
    pauseMs: 1_500,
  },
  { type: "# What does not fit is refused in Rust: no JavaScript runs.", until: /\$ $/ },
  { type: post("home", '{"url": 42}'), until: /"issues"[\s\S]*\r\n\}\r\n/, pauseMs: 3_500 },
  { type: "# The type is the rule: shorter addresses from now on.", until: /\$ $/ },
  { type: "sed -i 's/MaxLen<2000>/MaxLen<20>/' src/app.ts", until: /\$ $/ },
  {
    type: "until grep changed dev.log; do sleep 0.2; done; sleep 4",
    until: /changed[\s\S]*\n\$ $/,
    pauseMs: 500,
  },
  {
    type: post("far", '{"url": "https://example.com/a/long/way"}'),
    until: /"issues"[\s\S]*\r\n\}\r\n/,
    pauseMs: 3_500,
  },
  {
    type: "curl -s localhost:4000/openapi.json | jq -c '.paths | keys'",
    until: /\["\/links\/\{slug\}"\]/,
    pauseMs: 2_000,
  },
  { type: "kill %1", until: /\$ $/, pauseMs: 500 },
];
