import { expectTypeOf } from "vitest";
import { api } from "../src/index.ts";

// With type arguments, as Encore's apps write them, nothing of the options is inferred, and every option still fits.
const put = api<{ a: number }, { b: number }>(
  { expose: true, method: "PUT", path: "/gen", auth: false },
  async ({ a }) => ({ b: a + 1 }),
);
expectTypeOf(put({ a: 1 })).resolves.toEqualTypeOf<{ b: number }>();
expectTypeOf(put).toHaveProperty("~unrouted");

const events = api.sse<{ a: number }, { data: string }>(
  { expose: true, method: "POST", path: "/events" },
  async function* ({ a }) {
    yield { data: String(a) };
  },
);
expectTypeOf(events({ a: 1 })).toEqualTypeOf<AsyncIterable<{ data: string }>>();

// @ts-expect-error: options are checked as without type arguments.
api<{ a: number }, void>({ expose: true, methods: "PUT" }, async () => undefined);
