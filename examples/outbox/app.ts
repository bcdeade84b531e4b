import { api, APIError, start, type Int, type Min } from "@twinloop/api";
import { Subscription, Topic } from "@twinloop/pubsub";
import { SQLDatabase } from "@twinloop/sqldb";

const db = new SQLDatabase("shop", { migrations: "./migrations", bigint: "number" });

interface Sale {
  item: string;
  count: number & Int & Min<1>;
}

export const sales = new Topic<Sale>("sales", { deliveryGuarantee: "exactly-once" });

/** Sells what is in stock. Stock and message commit together, or neither does. */
export const sell = api(
  { expose: true, method: "POST", path: "/sales" },
  ({ item, count }: Sale): Promise<{ left: number }> =>
    db.transaction(async (tx) => {
      const stock = await tx.queryRow<{ left: number }>`
        update stock set amount = amount - ${count} where item = ${item} returning amount as left`;
      if (stock === null) throw APIError.notFound(`there is no ${item}`);
      await sales.publish({ item, count }, { tx });
      // Thrown after the publish, and rolled back with it: nobody ever hears of this sale.
      if (stock.left < 0) throw APIError.failedPrecondition(`there is not so much ${item}`);
      return stock;
    }),
);

/** Adds up sales. What it does by `ctx.tx` happens once for each message, however often that is delivered. */
export const total = new Subscription(sales, "total", {
  handler: async ({ item, count }, ctx) => {
    await ctx.tx.exec`insert into total (item, sold) values (${item}, ${count})
      on conflict (item) do update set sold = total.sold + excluded.sold`;
  },
});

/** Lists what was sold. */
export const totals = api(
  { expose: true, method: "GET", path: "/totals" },
  async (): Promise<{ totals: { item: string; sold: number }[] }> => ({
    totals: await db.queryAll`select item, sold from total order by item`,
  }),
);

await start();
