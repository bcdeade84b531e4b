/** A small app in Encore's terms: three services, a gateway, a database, messages, a page, static files, a test. */
export const ENCORE_APP: Readonly<Record<string, string>> = {
  "encore.app": `{
	// Not linked.
	"id": "",
	"lang": "typescript",
	"global_cors": { "allow_origins_with_credentials": ["https://shop.example", "<YOUR-ORIGIN>"], },
}
`,
  "package.json": `{
    "name": "shop",
    "type": "module",
    "scripts": { "test": "vitest", "dev": "encore run" },
    "dependencies": { "encore.dev": "^1.50.0" }
}
`,
  "tsconfig.json": `{
  "compilerOptions": {
    /* Basic Options */
    "lib": ["ES2022"], "target": "ES2022", "module": "ES2022", "types": ["node"],
    "paths": { "~encore/*": ["./encore.gen/*"] },
    "composite": true, "declaration": true, "strict": true, "skipLibCheck": true,
    "moduleResolution": "bundler"
  }
}
`,
  "README.md": "# Shop\n\nRun it with `encore run`.\n",
  "vitest.config.ts": `import path from "path";
export default { resolve: { alias: { "~encore": path.resolve(__dirname, "./encore.gen") } } };
`,
  "auth/encore.service.ts": `import { Service } from 'encore.dev/service';

export default new Service('auth');
`,
  "auth/handler.ts": `import { APIError, Gateway, Header } from "encore.dev/api";
import { authHandler } from "encore.dev/auth";

interface Params {
  authorization: Header<"Authorization">;
}

// Who is calling.
interface AuthData {
  userID: string;
  plan: string;
}

const auth = authHandler<Params, AuthData>(async ({ authorization }) => {
  if (authorization !== "Bearer good") throw APIError.unauthenticated("no token");
  return { userID: "7", plan: "gold" };
});

export const gateway = new Gateway({ authHandler: auth });
`,
  "orders/encore.service.ts": `import { Service } from "encore.dev/service";
export default new Service("orders");
`,
  "orders/db.ts": `import { SQLDatabase } from "encore.dev/storage/sqldb";

export const db = new SQLDatabase("orders", {
  migrations: "./migrations",
});
`,
  "orders/migrations/1_orders.up.sql":
    "create table orders (id bigserial primary key, item text not null, made_at timestamptz not null default now());\n",
  "orders/orders.ts": `import { api, APIError, Query } from "encore.dev/api"; // endpoints
import { Topic, type TopicConfig, Subscription } from "encore.dev/pubsub";
import log from "encore.dev/log";
import { secret } from "encore.dev/config";
import { getAuthData } from "~encore/auth";
import { stock, mail } from "~encore/clients";
import { db } from "./db";

const hook = secret("HookURL");

interface Order {
  id: number;
  item: string;
  made_at: string;
}

const config: TopicConfig<Order> = { deliveryGuarantee: "at-least-once" };
export const ordered = new Topic<Order>("ordered", { deliveryGuarantee: "at-least-once" });
export const seen: number[] = [];
const _ = new Subscription(ordered, "remember", { handler: async (order) => void seen.push(order.id) });

export const create = api(
  { expose: true, method: "POST", path: "/orders", auth: true },
  async ({ item }: { item: string }): Promise<Order> => {
    const { left } = await stock.take({ item });
    if (left < 0) throw APIError.failedPrecondition("sold out");
    await mail.send({ to: getAuthData()!.plan });
    const order = await db.queryRow<Order>\`insert into orders (item) values (\${item}) returning id, item, made_at\`;
    await ordered.publish(order!);
    if (!hook()) log.info("no hook", { item, config });
    return order!;
  },
);

export const list = api(
  { expose: true, method: "GET", path: "/orders", auth: false },
  async ({ limit }: { limit?: Query<number> }): Promise<{ orders: Order[]; seen: number[] }> => {
    return { orders: await db.queryAll<Order>\`select * from orders order by id limit \${limit ?? 10}\`, seen };
  },
);
`,
  "stock/take.ts": `import { api } from "encore.dev/api";
export const take = api({}, async ({ item }: { item: string }): Promise<{ left: number }> => ({ left: 9 - item.length }));
`,
  "stock/count.ts": `import { api } from "encore.dev/api";
import { appMeta } from "encore.dev";
export const count = api({ expose: true, method: "GET" }, async (): Promise<{ count: number; app: string }> => {
  return { count: 9, app: appMeta().appId };
});
`,
  "mail/encore.service.ts": `import { Service } from "encore.dev/service";
export default new Service("mail");
`,
  "mail/send.ts": `import { api } from "encore.dev/api";
export const send = api({ method: "POST", path: "/mail" }, async ({ to }: { to: string }): Promise<void> => {
  if (to !== "gold") throw new Error("whose plan?");
});
`,
  "site/page.ts": `import { api } from 'encore.dev/api'

export const page = api.raw({ expose: true, path: '/page', method: 'GET' }, async (_req, resp) => {
  resp.setHeader('content-type', 'text/html')
  resp.end('<h1>shop</h1>')
})

export const assets = api.static({ expose: true, path: '/assets/*path', dir: './assets' })
`,
  "site/assets/a.txt": "static\n",
  "site/page.test.ts": `import { take } from "../stock/take";
import { stock } from "~encore/clients";
export { take, stock };
`,
};
