import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { planStatic } from "./static.ts";
import type { StaticOptions } from "./static-options.ts";

const root = mkdtempSync(join(tmpdir(), "twinloop-static-"));
mkdirSync(join(root, "public"));
writeFileSync(join(root, "public/404.html"), "lost");

afterAll(() => rmSync(root, { recursive: true }));

function plan(options: Partial<StaticOptions>): ReturnType<typeof planStatic> {
  return planStatic([{ options: { path: "/*file", dir: "./public", ...options } }], [], {
    root,
    manifest: undefined,
  });
}

test("a folder is found from the app's root", () => {
  const { folders, problems } = plan({ expose: true, notFound: "404.html" });
  expect(problems).toEqual([]);
  expect(folders).toEqual([
    { path: "/*file", dir: join(root, "public"), expose: true, notFound: "404.html", auth: null },
  ]);
});

test("an absolute folder stays where it is", () => {
  expect(plan({ dir: join(root, "public") }).problems).toEqual([]);
});

test("a missing folder is a problem that says where it was looked for", () => {
  const [problem, ...more] = plan({ dir: "./nowhere", notFound: "404.html" }).problems;
  expect(problem).toMatchObject({ code: "config_invalid" });
  expect(problem!.message).toBe(`the static files of /*file: there is no folder ${join(root, "nowhere")}`);
  expect(more).toEqual([]);
});

test("a file in the folder's place is a problem", () => {
  expect(plan({ dir: "./public/404.html" }).problems).toHaveLength(1);
});

test("a missing not-found page is a problem", () => {
  expect(plan({ notFound: "lost.html" }).problems[0]!.message).toContain(
    `there is no file in ${join(root, "public")}: ${join(root, "public/lost.html")}`,
  );
});
