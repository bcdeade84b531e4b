import { api, APIError, start, type Int, type MaxLen, type Min } from "@twinloop/api";
import { sql, SQLDatabase, SQLError, SQLState } from "@twinloop/sqldb";

const db = new SQLDatabase("accounts", { migrations: "./migrations", bigint: "number" });

interface Account {
  name: string & MaxLen<40>;
  balance: number & Int;
}

/** Opens an account. */
export const open = api(
  { expose: true, method: "POST", path: "/accounts" },
  async ({ name, balance }: Account): Promise<Account> => {
    try {
      await db.exec`insert into account (name, balance) values (${name}, ${balance})`;
      return { name, balance };
    } catch (error) {
      if (!(error instanceof SQLError) || error.code !== SQLState.UniqueViolation) throw error;
      throw APIError.alreadyExists(`there is an account ${name} already`);
    }
  },
);

/** Moves money, all of it or nothing. A transaction that meets another is run again by itself. */
export const transfer = api(
  { expose: true, method: "POST", path: "/transfers" },
  ({ from, to, amount }: { from: string; to: string; amount: number & Int & Min<1> }): Promise<Account> =>
    db.transaction(
      async (tx) => {
        await tx.exec`update account set balance = balance + ${amount} where name = ${to}`;
        const payer = await tx.queryRow<Account>`
          update account set balance = balance - ${amount} where name = ${from} returning name, balance`;
        if (payer === null) throw APIError.notFound(`there is no account ${from}`);
        if (payer.balance < 0) throw APIError.failedPrecondition(`${from} has not so much`);
        return payer;
      },
      { isolation: "serializable" },
    ),
);

/** Lists accounts: a part of a query is composed, values are parameters. */
export const list = api(
  { expose: true, method: "GET", path: "/accounts" },
  async ({ least }: { least?: number }): Promise<{ accounts: Account[] }> => {
    const wanted = least === undefined ? sql`true` : sql`balance >= ${least}`;
    const accounts =
      await db.queryAll<Account>`select name, balance from account where ${wanted} order by name`;
    return { accounts };
  },
);

await start();
