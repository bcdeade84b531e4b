// Measures a check of 300 statements: cold, with everything kept, and after an edit. Needs a build: `node test/large-app.mjs`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "@twinloop/compiler";
import { SqlProject } from "../dist/project/sql-project.js";

const FILES = 30;
const STATEMENTS = 10;
const here = fileURLToPath(new URL(".", import.meta.url));
const root = mkdtempSync(join(here, "app-"));

/** @param {string} name @param {string} text */
function write(name, text) {
  mkdirSync(join(root, name, ".."), { recursive: true });
  writeFileSync(join(root, name), text);
}

/** @param {number} file @param {string} extra */
function source(file, extra = "") {
  const statements = Array.from(
    { length: STATEMENTS },
    (_, index) => `export const s${index} = (id: string, name: string) => db.queryAll<Row${file}>\`
  select a.id, a.name, b.note, count(*)::int4 as n${index}
    from t${file} a left join t${(file + 1) % FILES} b on b.id = a.id
   where a.id = \${id} and a.name like \${name} and a.size < ${file * STATEMENTS + index}
   group by a.id, b.note\`;`,
  );
  return `import { db } from "./database.ts";
interface Row${file} { id: string; name: string; note: string | null }
${statements.join("\n")}
${extra}
`;
}

/** @param {string} what @param {() => Promise<{ statements: number, findings: readonly unknown[] }>} work */
async function timed(what, work) {
  const started = performance.now();
  const { statements, findings } = await work();
  const ms = Math.round(performance.now() - started);
  console.log(`${what}: ${ms} ms (${statements} statements, ${findings.length} problems)`);
}

try {
  write("package.json", '{ "name": "large", "type": "module" }');
  for (let file = 0; file < FILES; file++) {
    const table = `create table t${file} (id bigint primary key, name text not null, size int, note text);\n`;
    write(`migrations/${file + 1}_t.up.sql`, table);
    write(`src/s${file}.ts`, source(file));
  }
  write(
    "src/database.ts",
    `import { SQLDatabase } from "@twinloop/sqldb";
export const db = new SQLDatabase("large", { migrations: "../migrations" });
`,
  );
  const { manifest } = await build(root);
  const first = new SqlProject(root);
  await timed("cold: server, 30 migrations, all statements", () => first.check(manifest));
  const edited = join(root, "src/s7.ts");
  for (let edit = 0; edit < 5; edit++) {
    const extra = `export const more = () => db.queryAll<{ id: string }>\`select id, ${edit} from t7\`;`;
    writeFileSync(edited, source(7, extra));
    await timed("after an edit, one new statement", () => first.check(manifest, [edited]));
  }
  await first.close();
  const second = new SqlProject(root);
  await timed("again, everything kept, no server", () => second.check(manifest));
  await second.close();
} finally {
  rmSync(root, { recursive: true, force: true });
}
