// One client in a process of its own: runs a workload when told to, and reports time and CPU.
import { readdirSync, readFileSync } from "node:fs";

const url = process.env.BENCH_DATABASE_URL;
const twenty =
  "select id, name, price, active, made, note from bench_item where id > $1 order by id limit 20";
const thousand =
  "select id, name, price, active, made, note, big, extra from bench_item order by id limit 1000";

const clients = {
  async twinloop() {
    const { SQLDatabase } = await import("../dist/index.js");
    const db = new SQLDatabase("bench", { connectionString: url, maxConnections: 10 });
    return {
      one: (n) => db.queryAll`select ${n}::int as n`,
      twenty: (n) => db.rawQueryAll(twenty, n),
      thousand: () => db.rawQueryAll(thousand),
      stream: async () => {
        let rows = 0;
        for await (const _ of db.query`select g, g::text as t, md5(g::text) as h from generate_series(1, 1000000) g`)
          rows++;
        return rows;
      },
    };
  },
  async pg() {
    const { default: pg } = await import("pg");
    const pool = new pg.Pool({ connectionString: url, max: 10 });
    const run = (name, text) => (n) =>
      pool.query({ name, text, values: text.includes("$1") ? [n] : [] }).then((r) => r.rows);
    return {
      one: run("one", "select $1::int as n"),
      twenty: run("twenty", twenty),
      thousand: run("thousand", thousand),
    };
  },
  async postgres() {
    const { default: postgres } = await import("postgres");
    const sql = postgres(url, { max: 10, onnotice: () => {} });
    return {
      one: (n) => sql`select ${n}::int as n`,
      twenty: (n) => sql.unsafe(twenty, [n], { prepare: true }),
      thousand: () => sql.unsafe(thousand, [], { prepare: true }),
    };
  },
};

/** Nanoseconds of CPU: of the JavaScript thread, and of all threads. */
function cpu() {
  const of = (tid) => Number(readFileSync(`/proc/self/task/${tid}/schedstat`, "utf8").split(" ")[0]);
  const all = readdirSync("/proc/self/task").reduce((sum, tid) => sum + of(tid), 0);
  return { js: of(process.pid), all };
}

const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;

const client = await clients[process.argv[2]]();

process.on("message", async ({ workload, count, inFlight }) => {
  const run = client[workload];
  if (!run) return process.send(null);
  const before = cpu();
  const started = performance.now();
  const rssBefore = rss();
  let rssPeak = rssBefore;
  const watch =
    workload === "stream" ? setInterval(() => (rssPeak = Math.max(rssPeak, rss())), 20) : undefined;
  let left = count;
  const worker = async () => {
    while (left-- > 0) await run(left % 500);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  clearInterval(watch);
  const after = cpu();
  process.send({
    ms: performance.now() - started,
    jsMicros: (after.js - before.js) / 1000 / count,
    allMicros: (after.all - before.all) / 1000 / count,
    rssGrowth: rssPeak - rssBefore,
  });
});
process.send("ready");
