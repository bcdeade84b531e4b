import { expect, test } from "vitest";
import { installerOf, runningInstaller } from "./installer.ts";

test.each([
  ["npm/11.21.2 node/v22.1.0 linux x64 workspaces/false", { name: "npm", version: "11.21.2" }],
  ["pnpm/12.21.0 npm/? node/v20.19.0 win32 x64", { name: "pnpm", version: "12.21.0" }],
  ["yarn/4.18.1 npm/? node/v20.19.0 linux x64", { name: "yarn", version: "4.18.1" }],
  ["bun/1.4.5 npm/? node/v24.3.0 linux x64", { name: "bun", version: "1.4.5" }],
  ["deno/2.0.0", { name: "npm" }],
  ["", { name: "npm" }],
  [undefined, { name: "npm" }],
])("reads the package manager that runs the command from %j", (agent, found) => {
  expect(runningInstaller(agent)).toEqual(found);
});

test("tells yarn 1 from the yarn that came after it", () => {
  expect(installerOf("yarn", "1.22.22").installProduction).toBe(
    "yarn install --frozen-lockfile --production",
  );
  expect(installerOf("yarn", "4.18.1").installProduction).toBe("yarn workspaces focus --production");
  expect(installerOf("yarn", undefined).installProduction).toBe(
    "yarn install --frozen-lockfile --production",
  );
});

test("an image has the package manager in the same major version", () => {
  expect(installerOf("pnpm", "12.21.0").setUp).toBe("npm install --global pnpm@12");
  expect(installerOf("bun", "1.4.5").setUp).toBe("npm install --global bun@1");
  expect(installerOf("npm", "11.21.2").setUp).toBeUndefined();
  expect(installerOf("pnpm", undefined).setUp).toBe("npm install --global pnpm");
});
