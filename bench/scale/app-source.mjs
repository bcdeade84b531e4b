/**
 * What an app of the scale suite has: `endpoints` beside `/hello`, `subscriptions` each with a topic of its own, `cronJobs` that run
 * once an hour, and a database where `database` is set.
 *
 * @typedef {{ name: string, endpoints: number, subscriptions: number, cronJobs: number, database: boolean }} AppShape
 */

/** Endpoints in one module, as an app of many would part them. */
const PER_MODULE = 50;

/**
 * Writes the sources of an app.
 *
 * Shape:  resource N has `GET /resources-N/:id`, and every second endpoint is its `POST /resources-N`.
 *
 * @param {AppShape} shape
 * @returns {Map<string, string>} texts by file name; `app.ts` starts the app
 */
export function appSource({ endpoints, subscriptions, cronJobs, database }) {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (let from = 0; from < endpoints; from += PER_MODULE) {
    const numbers = count(Math.min(PER_MODULE, endpoints - from)).map((index) => from + index);
    const text = numbers.map((number) =>
      number % 2 === 0 ? reading(number / 2) : writing((number - 1) / 2),
    );
    files.set(`resources-${from / PER_MODULE}.ts`, [API, ...text].join("\n"));
  }
  if (subscriptions > 0)
    files.set("subscriptions.ts", [PUBSUB, ...count(subscriptions).map(subscribing)].join("\n"));
  if (cronJobs > 0) files.set("cron-jobs.ts", [CRON, ...count(cronJobs).map(running)].join("\n"));
  if (database) files.set("database.ts", DATABASE);
  const imports = [...files.keys()].map((file) => `import "./${file}";`);
  files.set("app.ts", [...imports, APP].join("\n"));
  return files;
}

/** The path of the GET endpoint in the middle of so many. @param {number} endpoints */
export const middlePath = (endpoints) => `/resources-${Math.floor((endpoints - 1) / 4)}/42?page=2`;

/** The answer to it. */
export const MIDDLE_ANSWER = '{"id":"42","page":2}';

/** @param {number} length */
const count = (length) => Array.from({ length }, (_, index) => index);

const API = 'import { api, type Query } from "@twinloop/api";';
const PUBSUB = 'import { Subscription, Topic } from "@twinloop/pubsub";';
const CRON = 'import { CronJob } from "@twinloop/cron";';
const DATABASE = `import { SQLDatabase } from "@twinloop/sqldb";

export const db = new SQLDatabase("bench");
`;
const APP = `import { api, start } from "@twinloop/api";

export const hello = api({ expose: true, method: "GET", path: "/hello" }, async (): Promise<{ message: string }> => ({
  message: "Hello, World!",
}));

await start();
`;

/** @param {number} number */
const reading = (number) => `
export const read${number} = api(
  { expose: true, method: "GET", path: "/resources-${number}/:id" },
  async ({ id, page = 1 }: { id: string; page?: Query<number> }): Promise<{ id: string; page: number }> => ({ id, page }),
);`;

/** @param {number} number */
const writing = (number) => `
interface Resource${number} {
  name: string;
  price: number;
  tags: string[];
  note?: string | null;
}

export const write${number} = api(
  { expose: true, method: "POST", path: "/resources-${number}" },
  async ({ name, tags }: Resource${number}): Promise<{ name: string; tags: number }> => ({ name, tags: tags.length }),
);`;

/** @param {number} number */
const subscribing = (number) => `
interface Message${number} {
  number: number;
  text: string;
}

export const topic${number} = new Topic<Message${number}>("scale-${number}", { deliveryGuarantee: "at-least-once" });
export const subscription${number} = new Subscription(topic${number}, "scale", { handler: async () => undefined });`;

/** @param {number} number */
const running = (number) => `
export const job${number} = new CronJob("scale-${number}", { title: "Once an hour", every: "1h", handler: async () => undefined });`;
