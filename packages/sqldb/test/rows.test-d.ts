import { SQLDatabase, type RowAnswer, type RowsAnswer, type Transaction } from "@twinloop/sqldb";
import { expectTypeOf } from "vitest";

interface Link {
  id: number;
  url: string;
}

declare const db: SQLDatabase;

expectTypeOf(db.queryAll<Link>`select * from link`).resolves.toEqualTypeOf<Link[]>();
expectTypeOf(db.queryRow<Link>`select * from link`).resolves.toEqualTypeOf<Link | null>();
expectTypeOf(db.answerAll<Link>`select * from link`).resolves.toEqualTypeOf<RowsAnswer<Link>>();
expectTypeOf(db.answerRow<Link>`select * from link`).resolves.toEqualTypeOf<RowAnswer<Link> | null>();
expectTypeOf<RowsAnswer<Link>["open"]>().returns.toEqualTypeOf<Link[]>();
expectTypeOf<RowAnswer<Link>["open"]>().returns.toEqualTypeOf<Link>();
void db.transaction(async (tx) => expectTypeOf(tx.answerAll`select 1`).resolves.toExtend<Iterable<object>>());
// @ts-expect-error: an answer is no array, which it becomes by `open()`.
void db.answerAll<Link>`select * from link`.then((links) => links.map(({ id }) => id));
expectTypeOf(db.query<Link>`select * from link`).toEqualTypeOf<AsyncGenerator<Link, void, undefined>>();
expectTypeOf(db.exec`delete from link`).resolves.toEqualTypeOf<number>();
expectTypeOf(db.transaction(async () => "done")).resolves.toEqualTypeOf<string>();
void db.transaction(async (tx) => expectTypeOf(tx).toEqualTypeOf<Transaction>());

// @ts-expect-error: a statement is a template, so that values become parameters.
void db.queryAll("select 1");
// @ts-expect-error: times are numbers of milliseconds.
new SQLDatabase("links", { queryTimeout: "1s" });
// @ts-expect-error: there is no such option.
new SQLDatabase("links", { poolSize: 10 });
