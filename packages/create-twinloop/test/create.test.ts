import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
/** An account that may write nowhere; root may write everywhere, so that a test of permissions needs another. */
const NOBODY = 65_534;

let home = "";

beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), "twinloop-create-")), "home");
  mkdirSync(home);
});
afterEach(() => rmSync(dirname(home), { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Runs the built command without a terminal. */
async function create(
  words: readonly string[],
  { env = {}, uid }: { readonly env?: NodeJS.ProcessEnv; readonly uid?: number } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: home,
    env: { ...process.env, npm_config_user_agent: "", ...env },
    ...(uid === undefined ? {} : { uid }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (text += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, text };
}

/** Runs it without installing, and without git. */
const make = (...words: string[]): Promise<Ended> => create([...words, "--no-install", "--no-git"]);

test("makes an app without asking, and says the next commands", async () => {
  const { code, text } = await make("shop", "--template", "rest");
  expect(code).toBe(0);
  expect(text).toMatch(/Next:\n {2}cd shop\n {2}npm install\n {2}npm run dev\n$/);
  expect(readdirSync(home)).toEqual(["shop"]);
  expect(JSON.parse(readFileSync(join(home, "shop/package.json"), "utf8"))).toMatchObject({
    name: "shop",
    private: true,
  });
});

test("without a folder and with --yes the app is minimal, in twinloop-app", async () => {
  expect((await create(["--yes", "--no-install"])).code).toBe(0);
  expect(existsSync(join(home, "twinloop-app/src/greetings/endpoints.ts"))).toBe(true);
  expect(existsSync(join(home, "twinloop-app/.git"))).toBe(true);
});

test("the current folder is taken where it is empty, of a repository too", async () => {
  mkdirSync(join(home, ".git"));
  const { code, text } = await make(".");
  expect([code, text]).toEqual([0, expect.stringMatching(/Next:\n {2}npm install\n/)]);
  expect(existsSync(join(home, "src/app.ts"))).toBe(true);
});

test("the package manager that runs the command is taken, and --pm goes before it", async () => {
  const env = { npm_config_user_agent: "pnpm/12.21.0 npm/? node/v20.19.0 linux x64" };
  expect((await create(["one", "--no-install", "--no-git"], { env })).text).toContain("pnpm run dev");
  expect(readFileSync(join(home, "one/Dockerfile"), "utf8")).toContain(
    "pnpm install --frozen-lockfile --prod",
  );
  expect((await create(["two", "--no-install", "--no-git", "--pm", "npm"], { env })).text).toContain(
    "npm run dev",
  );
});

test.each([
  [
    "an unknown template",
    ["shop", "--template", "graphql"],
    2,
    "there are minimal, rest, messages, full-stack",
  ],
  ["an unknown package manager", ["shop", "--pm", "cargo"], 2, "there are npm, pnpm, yarn, bun"],
  ["an unknown option", ["shop", "--typescript"], 2, "--typescript"],
  ["two folders", ["shop", "store"], 2, "Name one folder"],
  ["a name in capitals", ["MyShop"], 2, 'Take "myshop"'],
  ["a name with spaces", ["my shop"], 2, 'Take "my-shop"'],
  ["a name that Node has", ["http"], 2, "core module"],
  ["a name that Windows keeps", ["con"], 2, "device"],
  ["a path of Windows", ["apps\\shop"], 2, "write apps/shop"],
  ["a part of the path that is a file", ["taken/shop"], 1, "a part of the path is a file"],
  ["a file", ["taken"], 1, "it is a file"],
  ["a folder with files", ["full"], 1, "is not empty (notes.txt)"],
])("%s is refused, and nothing is written", async (_what, words, code, told) => {
  writeFileSync(join(home, "taken"), "");
  mkdirSync(join(home, "full"));
  writeFileSync(join(home, "full/notes.txt"), "mine");
  const ended = await make(...words);
  expect(ended).toEqual({ code, text: expect.stringContaining(told) });
  expect(ended.text).not.toMatch(/\n {4}at /);
  expect(readdirSync(home)).toEqual(["full", "taken"]);
  expect(readdirSync(join(home, "full"))).toEqual(["notes.txt"]);
});

test.skipIf(process.getuid?.() !== 0)(
  "a folder that may not be written to is told, and nothing is left",
  async () => {
    for (const folder of [dirname(home), home]) chmodSync(folder, 0o755);
    mkdirSync(join(home, "own"));
    chownSync(join(home, "own"), NOBODY, NOBODY);
    const refused = await create(["deep/shop", "--no-install", "--no-git"], { uid: NOBODY });
    expect(refused).toEqual({
      code: 1,
      text: expect.stringContaining("permission denied. Nothing was written."),
    });
    expect(readdirSync(home)).toEqual(["own"]);
    expect((await create(["own/deep/shop", "--no-install", "--no-git"], { uid: NOBODY })).code).toBe(0);
    expect(readdirSync(join(home, "own/deep"))).toEqual(["shop"]);
  },
);

test("a package manager that is not there is told before anything is written", async () => {
  const env = { PATH: join(home, "nothing"), npm_config_user_agent: "npm/11.0.0 node/v20" };
  const { code, text } = await create(["shop", "--pm", "bun"], { env });
  expect([code, text]).toEqual([1, expect.stringContaining("bun cannot be run here")]);
  expect(readdirSync(home)).toEqual([]);
});
