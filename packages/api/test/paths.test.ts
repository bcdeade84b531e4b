import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

interface Case {
  readonly path: string;
  readonly endpoint: string | null;
  readonly parameters?: Readonly<Record<string, string>>;
}

interface Contract {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly private: readonly string[];
  readonly cases: readonly Case[];
}

const contract = JSON.parse(
  readFileSync(new URL("../../../contract/cases/api/paths.json", import.meta.url), "utf8"),
) as Contract;

function declare(name: string, path: string, expose: boolean): string {
  const parameters = path
    .split("/")
    .filter((segment) => /^[:*]/.test(segment))
    .map((segment) => segment.slice(1));
  const type =
    parameters.length === 0 ? "" : `parameters: { ${parameters.map((one) => `${one}: string`).join("; ")} }`;
  const given = parameters.length === 0 ? "{}" : "parameters";
  return `export const ${name} = api({ expose: ${expose}, method: "GET", path: ${JSON.stringify(path)} }, async (${type}) => ({ endpoint: "${name}", parameters: ${given} }));\n`;
}

const undo: (() => void)[] = [];
let app: AppProcess;

beforeAll(async () => {
  const exposed = Object.entries(contract.endpoints).map(([name, path]) => declare(name, path, true));
  const hidden = contract.private.map((path, index) => declare(`hidden${index}`, path, false));
  const source = `import { api, start } from "@twinloop/api";\n${exposed.join("")}${hidden.join("")}
const app = await start({ banner: false });
console.log("listening " + app.url);`;
  app = await (await buildApp(source, (step) => undo.push(step))).run();
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
});

afterAll(() => undo.reverse().forEach((step) => step()));

/** A request whose path is sent as it is: fetch would normalise it. */
function ask(
  method: string,
  path: string,
): Promise<{ status: number; text: string; allow: string | undefined }> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => (text += String(chunk)));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, allow: answer.headers.allow }));
    });
    sent.on("error", reject).end();
  });
}

test.each(contract.cases)("$path leads to $endpoint", async ({ path, endpoint, parameters = {} }) => {
  const { status, text } = await ask("GET", path);
  if (endpoint !== null) return expect(JSON.parse(text)).toEqual({ endpoint, parameters });
  expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([404, "not_found"]);
});

test("no method tells a private endpoint from one that is not there", async () => {
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"]) {
    const [hidden, absent] = [await ask(method, "/private"), await ask(method, "/absent1")];
    expect(hidden, method).toEqual(absent);
    expect(hidden.status, method).toBe(404);
  }
});
