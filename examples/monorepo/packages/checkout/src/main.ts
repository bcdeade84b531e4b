import { createClient } from "@twinloop/client";
import type * as server from "@shop/server/app";
import { priceOf, type Item } from "@shop/shared";

const client = createClient<typeof server>(process.argv[2] ?? "http://localhost:4000");

const items: Item[] = [{ name: "tea", cents: 1_250, count: 3 }];
const seen = priceOf(items);
const { charged } = await client("POST /orders", { items, seen });
console.log(`${seen.cents} seen, ${charged.cents} charged, shipping ${charged.shipping}`);
