import { api, HTML, middleware, TextBody, type Header, type Query } from "@twinloop/api";
import type { StartOptions } from "@twinloop/core-native";
import { db } from "./database.ts";

interface World {
  id: number;
  randomNumber: number;
}

interface Fortune {
  id: number;
  message: string;
}

interface Named {
  server: Header<"server">;
}

const server = "Twinloop";
const greeting = "Hello, World!";
const rows = 10_000;
const maxQueries = 500;

/** The middleware that names the server where an answer is a list, beside which no header can stand. */
const naming = middleware({ target: { tags: ["list"] } }, async (request, next) => {
  const response = await next(request);
  response.header.set("server", server);
  return response;
});

/** What the server of the kinds starts with. */
export const OPTIONS: StartOptions = { middlewares: [naming] };

export const plaintext = api(
  { expose: true, method: "GET", path: "/plaintext" },
  async (): Promise<Named & { body: TextBody }> => ({ server, body: new TextBody(greeting) }),
);

export const json = api(
  { expose: true, method: "GET", path: "/json" },
  async (): Promise<Named & { message: string }> => ({ server, message: greeting }),
);

export const one = api({ expose: true, method: "GET", path: "/db" }, async (): Promise<Named & World> => ({
  server,
  ...(await find(randomNumber())),
}));

export const queries = api(
  { expose: true, method: "GET", path: "/queries", tags: ["list"] },
  async ({ queries }: { queries?: Query<string> }): Promise<World[]> =>
    Promise.all(Array.from({ length: countOf(queries) }, () => find(randomNumber()))),
);

export const updates = api(
  { expose: true, method: "GET", path: "/updates", tags: ["list"] },
  async ({ queries }: { queries?: Query<string> }): Promise<World[]> => {
    const read = await Promise.all(distinctIds(countOf(queries)).map(find));
    const worlds = read.map(({ id }) => ({ id, randomNumber: randomNumber() }));
    await db.exec`
      update bench_world set random_number = new.random_number
      from unnest(${worlds.map(({ id }) => id)}::int[], ${worlds.map((world) => world.randomNumber)}::int[])
        as new (id, random_number)
      where bench_world.id = new.id`;
    return worlds;
  },
);

export const fortunes = api(
  { expose: true, method: "GET", path: "/fortunes" },
  async (): Promise<Named & { page: HTML }> => {
    const found = await db.queryAll<Fortune>`select id, message from bench_fortune`;
    return { server, page: new HTML(render(found)) };
  },
);

async function find(id: number): Promise<World> {
  const world = await db.queryRow<World>`
    select id, random_number as "randomNumber" from bench_world where id = ${id}`;
  if (world === null) throw new Error(`there is no row ${id}`);
  return world;
}

/** An id, or a random number: both are from 1 to 10,000. */
function randomNumber(): number {
  return 1 + Math.floor(Math.random() * rows);
}

/** How many rows a request asks for: from 1 to 500, and 1 for what is no number. */
function countOf(text: string | undefined): number {
  const asked = Number.parseInt(text ?? "", 10);
  return Number.isNaN(asked) ? 1 : Math.min(Math.max(asked, 1), maxQueries);
}

/** Distinct ids in ascending order, in which two updates lock their rows without a deadlock. */
function distinctIds(count: number): number[] {
  const ids = new Set<number>();
  while (ids.size < count) ids.add(randomNumber());
  return [...ids].sort((one, other) => one - other);
}

const added: Fortune = { id: 0, message: "Additional fortune added at request time." };
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => escapes[character] ?? "") : text;
}

/** The page of the rows and one more, sorted by their messages. */
function render(found: Fortune[]): string {
  const sorted = [...found, added].sort((one, other) => (one.message < other.message ? -1 : 1));
  let body = "";
  for (const { id, message } of sorted) body += `<tr><td>${id}</td><td>${escapeHtml(message)}</td></tr>`;
  return `<!doctype html><html><head><title>Fortunes</title></head><body><table><tr><th>id</th><th>message</th></tr>${body}</table></body></html>`;
}
