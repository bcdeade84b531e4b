import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isStale } from "@twinloop/compiler";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppFolder, MAIN } from "./app-folder.ts";

/** A package of another author that brings declarations and a command. */
const DECLARES = {
  declares: {
    Mailbox: {
      ...{ noun: "mailbox", name: { argument: 0 }, provides: "mail" },
      options: { argument: 1, whole: { retries: { least: 1 } }, keep: { sender: { as: "value" } } },
    },
  },
};
const PACKAGE = {
  ...{ name: "acme-mail", version: "1.0.0", type: "module" },
  exports: { ".": { types: "./index.d.ts", default: "./index.js" }, "./cli": "./cli.js" },
  twinloop: { declares: "./declares.json", cli: "./cli", commands: ["mail"] },
};
const TYPES = `export declare class Mailbox {
  constructor(name: string, options?: { sender?: string; retries?: number });
}
`;
const CLI = `export const cli = {
  commands: {
    mail: {
      usage: [["mail", "the mailboxes"]],
      options: { long: { type: "flag", meaning: "with their senders" } },
      async run(line) {
        const { declarations } = await line.manifest();
        const names = declarations.map(({ name, options }) => line.options.long ? name + " " + options.sender : name);
        process.stdout.write("mailboxes: " + names.join(", ") + "\\n");
        return 0;
      },
    },
  },
  inventory: ({ manifest }) => Promise.resolve({ text: "told of " + manifest.declarations.length, problems: [] }),
};
`;
const SOURCE = `import { Mailbox } from "acme-mail";
/** Where bills go. */
export const bills = new Mailbox("bills", { sender: "shop@acme.test", retries: 3 });
`;

let app: AppFolder;
const within = { timeout: 120_000 };

beforeAll(() => {
  app = new AppFolder({
    "package.json": '{ "name": "shop", "type": "module", "dependencies": { "acme-mail": "1.0.0" } }',
    "tsconfig.json": '{ "compilerOptions": { "strict": true, "module": "nodenext" }, "include": ["src"] }',
    "src/app.ts": SOURCE,
    "node_modules/acme-mail/package.json": JSON.stringify(PACKAGE),
    "node_modules/acme-mail/declares.json": JSON.stringify(DECLARES),
    "node_modules/acme-mail/index.d.ts": TYPES,
    "node_modules/acme-mail/index.js": "export class Mailbox {}\n",
    "node_modules/acme-mail/cli.js": CLI,
  });
});
afterAll(() => app.remove());

test("what a package of another author declares stands in the manifest", within, async () => {
  const { code, stdout, stderr } = await app.twinloop("build");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("1 mailbox");
  const text = readFileSync(join(app.root, ".twinloop/manifest.json"), "utf8");
  expect((JSON.parse(text) as { declarations: unknown }).declarations).toEqual([
    {
      ...{ what: "Mailbox", package: "acme-mail", noun: "mailbox", name: "bills", provides: "mail" },
      ...{ file: "src/app.ts", line: 3, doc: "Where bills go.", types: {} },
      options: { sender: "shop@acme.test" },
    },
  ]);
});

test("its command runs, its options are read, and the usage and the check tell of it", within, async () => {
  expect(await app.twinloop("mail")).toMatchObject({ code: 0, stdout: "mailboxes: bills\n" });
  expect((await app.twinloop("mail", "--long")).stdout).toBe("mailboxes: bills shop@acme.test\n");
  expect((await app.twinloop("--help")).stdout).toMatch(/twinloop mail +the mailboxes/);
  expect((await app.twinloop("check")).stdout).toContain("told of 1");
});

test("what its declares.json rules out is refused at the place", within, async () => {
  app.write({ "src/app.ts": SOURCE.replace("retries: 3", "retries: 0") });
  const { code, stdout } = await app.twinloop("check");
  app.write({ "src/app.ts": SOURCE });
  expect(code).toBe(1);
  expect(stdout).toMatch(/src\/app\.ts:3:\d+ error `retries`/);
});

test("another declares.json makes the manifest stale", within, async () => {
  await app.twinloop("build");
  expect(isStale(app.root)).toBe(false);
  app.write({ "node_modules/acme-mail/declares.json": JSON.stringify({ ...DECLARES, exports: ["Letter"] }) });
  expect(isStale(app.root)).toBe(true);
});

test("an addon of another version ends the check with a message that says what to do", within, async () => {
  const job =
    'import { CronJob, start } from "@twinloop/cron";\nnew CronJob("tidy", { every: "1h", endpoint: () => {} });\n';
  app.write({ "src/app.ts": `${job}await start();\n`, "old.cjs": "exports.abi = () => 1;\n" });
  const addon = { TWINLOOP_ADDON: join(app.root, "old.cjs") };
  const { code, stdout, stderr } = await app.run([MAIN, "check", "--no-types"], addon);
  app.write({ "src/app.ts": SOURCE });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^the addon \S+old\.cjs has interface 1, .+ reinstall them together\.\n$/);
});
