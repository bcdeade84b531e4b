import { api } from "@twinloop/api";
import type { RowAnswer, RowsAnswer } from "@twinloop/sqldb";
import { expectTypeOf } from "vitest";

interface Link {
  readonly id: number;
  readonly tags: string[];
  readonly at: Date;
}

declare const links: RowsAnswer<Link>;
declare const link: RowAnswer<Link> | null;

const all = api({ expose: true, method: "GET", path: "/links" }, async () => links);
const nested = api({ expose: true, method: "GET", path: "/nested" }, async () => ({
  page: { links, link },
  next: "a",
}));
const plain = api({ expose: true, method: "GET", path: "/plain" }, async (): Promise<Link> => link!.open());

// Callers within the app and typed clients get the rows.
expectTypeOf(all()).resolves.toEqualTypeOf<Link[]>();
expectTypeOf(nested()).resolves.toEqualTypeOf<{ page: { links: Link[]; link: Link | null }; next: string }>();
expectTypeOf<NonNullable<(typeof all)["~endpoint"]>["output"]>().toEqualTypeOf<Link[]>();
expectTypeOf<NonNullable<(typeof nested)["~endpoint"]>["answers"]>().toEqualTypeOf<"json">();
// A response without such rows stays the type that it is.
expectTypeOf(plain()).resolves.toEqualTypeOf<Link>();
