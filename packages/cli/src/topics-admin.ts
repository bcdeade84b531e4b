import type { Manifest } from "@twinloop/compiler";
import type * as Pubsub from "@twinloop/pubsub/admin";
import type * as Sqldb from "@twinloop/sqldb";
import { importFrom } from "./app-package.ts";

/** Runs `work` on the broker that the app would use, without receiving anything from it. */
export async function withAdmin<T>(
  root: string,
  { databases, subscriptions }: Manifest,
  work: (admin: Pubsub.Admin) => Promise<T>,
): Promise<T> {
  // The runtime looks there for what belongs to the app, wherever this command was called.
  process.env["TWINLOOP_ROOT"] = root;
  const { openAdmin } = (await importFrom(root, "@twinloop/pubsub/admin")) as typeof Pubsub;
  // The broker may be in the app's first database, which makes itself known by being declared.
  const first = databases[0];
  const database = first && (await declare(root, first.name));
  try {
    const admin = await openAdmin(subscriptions.map(({ topic, name }) => ({ topic, subscription: name })));
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  } finally {
    await database?.close();
  }
}

async function declare(root: string, name: string): Promise<Sqldb.SQLDatabase> {
  const { SQLDatabase } = (await importFrom(root, "@twinloop/sqldb")) as typeof Sqldb;
  return new SQLDatabase(name, { maxConnections: 1 });
}
