// Twinloop beside pg and postgres.js, in alternation: node packages/sqldb/bench/run.mjs [rounds]
import { fork } from "node:child_process";
import { once } from "node:events";
import pg from "pg";

process.env.BENCH_DATABASE_URL ??= process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/test";
const rounds = Number(process.argv[2] ?? 5);
const names = ["twinloop", "pg", "postgres"];
const workloads = [
  { title: "1 row, 1 in flight", workload: "one", count: 3000, inFlight: 1 },
  { title: "1 row, 50 in flight", workload: "one", count: 20_000, inFlight: 50 },
  { title: "20 rows x 6, 50 in flight", workload: "twenty", count: 6000, inFlight: 50 },
  { title: "1,000 rows x 8, 4 in flight", workload: "thousand", count: 200, inFlight: 4 },
];

const admin = new pg.Client(process.env.BENCH_DATABASE_URL);
await admin.connect();
await admin.query("set client_min_messages to error");
await admin.query(`drop table if exists bench_item; create table bench_item as
  select g as id, 'item number ' || g as name, g * 1.25::float8 as price, g % 3 = 0 as active,
    '2024-01-01Z'::timestamptz + g * interval '1 hour' as made, md5(g::text) || md5(g::text) as note,
    g::int8 * 1000000007 as big, jsonb_build_object('n', g) as extra
  from generate_series(1, 2000) g;
  create unique index on bench_item (id); analyze bench_item`);

const children = new Map();
for (const name of names) {
  const child = fork(new URL("client.mjs", import.meta.url), [name]);
  await once(child, "message");
  children.set(name, child);
}
const run = async (name, workload) => {
  children.get(name).send(workload);
  return (await once(children.get(name), "message"))[0];
};
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const { title, ...workload } of workloads) {
  for (const name of names) await run(name, { ...workload, count: Math.ceil(workload.count / 4) });
  const results = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results.get(name).push(await run(name, workload));
  }
  console.log(title);
  for (const [name, all] of results) {
    const [js, cpu, ms] = ["jsMicros", "allMicros", "ms"].map((key) => median(all.map((one) => one[key])));
    const perSecond = Math.round((workload.count * 1000) / ms);
    console.log(
      `  ${name.padEnd(9)} JS ${js.toFixed(1).padStart(8)} µs/query   all threads ${cpu.toFixed(1).padStart(8)} µs   ${perSecond} queries/s`,
    );
  }
}
const stream = await run("twinloop", { workload: "stream", count: 1, inFlight: 1 });
console.log(
  `a stream of 1,000,000 rows x 3: ${stream.ms.toFixed(0)} ms, RSS +${(stream.rssGrowth / 2 ** 20).toFixed(1)} MiB`,
);
await admin.query("drop table bench_item");
await admin.end();
for (const child of children.values()) child.kill();
