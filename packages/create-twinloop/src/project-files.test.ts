import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { installerOf, INSTALLERS } from "./installer.ts";
import { projectFiles } from "./project-files.ts";
import { readTemplate, TEMPLATES } from "./template.ts";
import { VERSIONS } from "./versions.ts";

const CASES = TEMPLATES.flatMap((template) => INSTALLERS.map((installer) => [template, installer] as const));

test.each(CASES)("every file of %s for %s is whole", (template, name) => {
  const installer = installerOf(name, undefined);
  const files = projectFiles({ name: "shop", template: readTemplate(template), installer });
  for (const [path, text] of files) {
    expect(text, path).not.toMatch(/\{\{\w+\}\}/);
    expect(path).not.toMatch(/^_|\\/);
  }
  for (const path of [
    "AGENTS.md",
    "llms.txt",
    "README.md",
    "Dockerfile",
    ".dockerignore",
    ".gitignore",
    ".env.example",
  ]) {
    expect(files.get(path), path).toBeTruthy();
  }
  expect([...files.keys()].some((path) => path.startsWith("test/"))).toBe(true);
  expect(files.get("Dockerfile")).toMatch(/^USER node$/m);
});

test("the packages of Twinloop have this package's version, and exactly that", () => {
  const { version } = readJson("../package.json");
  for (const template of TEMPLATES) {
    const files = projectFiles({
      name: "shop",
      template: readTemplate(template),
      installer: installerOf("npm", undefined),
    });
    const { dependencies, devDependencies } = JSON.parse(files.get("package.json")!);
    const ours = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) =>
      name.startsWith("@twinloop/"),
    );
    expect(ours.length).toBeGreaterThan(1);
    for (const [, asked] of ours) expect(asked).toBe(version);
  }
});

test("the dashboard comes along in development, and stays out of the image", () => {
  for (const template of TEMPLATES) {
    const installer = installerOf("npm", undefined);
    const files = projectFiles({ name: "shop", template: readTemplate(template), installer });
    const { dependencies, devDependencies } = JSON.parse(files.get("package.json")!);
    expect(devDependencies).toHaveProperty("@twinloop/dashboard");
    expect(dependencies).not.toHaveProperty("@twinloop/dashboard");
    expect(files.get("README.md")).toContain("dashboard");
  }
});

test("tools of others have the versions that the release is tested with", () => {
  const { devDependencies } = readJson("../../../package.json");
  for (const name of ["@types/node", "typescript", "vitest"])
    expect(VERSIONS[name]).toBe(devDependencies[name]);
  expect(VERSIONS["rolldown"]).toBe(readJson("../../cli/package.json").dependencies.rolldown);
});

function readJson(path: string): any {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}
