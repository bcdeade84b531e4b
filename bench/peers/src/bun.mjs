// Bun.serve with zod 4; runs on Bun.
import { host, port } from "./address.mjs";
import { burn, countCharacters, sumMatrix, sumTree, total, wait } from "./work.mjs";
import { body, headers, items, matrix, query, strings, tree } from "./zod-schemas.mjs";

let handled = 0;

const refuse = (error) => Response.json({ issues: error.issues }, { status: 400 });

async function schema(request) {
  const { searchParams } = new URL(request.url);
  const parsedQuery = query.safeParse(Object.fromEntries(searchParams));
  if (!parsedQuery.success) return refuse(parsedQuery.error);
  const parsedHeaders = headers.safeParse({ "x-foo": request.headers.get("x-foo") ?? undefined });
  if (!parsedHeaders.success) return refuse(parsedHeaders.error);
  const json = await request.json().catch(() => undefined);
  const parsedBody = body.safeParse(json);
  if (!parsedBody.success) return refuse(parsedBody.error);
  handled += 1;
  const { name = "World", excitement = 0 } = parsedQuery.data;
  return Response.json({ message: `Hello ${name}! ${excitement}` });
}

async function sum(request) {
  const input = items.safeParse(await request.json().catch(() => undefined));
  if (!input.success) return refuse(input.error);
  const list = input.data.items;
  return Response.json({ count: list.length, total: total(list), last: list.at(-1) });
}

/** Answers with what `work` makes of a body of the type `schema`. */
function worked(schema, work) {
  return async (request) => {
    const input = schema.safeParse(await request.json().catch(() => undefined));
    return input.success ? Response.json(work(input.data)) : refuse(input.error);
  };
}

Bun.serve({
  hostname: host,
  port,
  routes: {
    "/hello": { GET: () => Response.json({ message: "Hello, World!" }) },
    "/schema": { POST: schema },
    "/items": { POST: sum },
    "/strings": { POST: worked(strings, (data) => countCharacters(data.strings)) },
    "/matrix": { POST: worked(matrix, ({ rows }) => sumMatrix(rows)) },
    "/tree": { POST: worked(tree, sumTree) },
    "/timer": { GET: async () => Response.json(await wait()) },
    "/burn": { GET: () => Response.json(burn()) },
    "/handled": { GET: () => Response.json({ handled }) },
  },
});
