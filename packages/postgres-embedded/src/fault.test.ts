import { expect, test } from "vitest";
import { Fault, toFault } from "./fault.ts";

test("a full disk is told as such, whoever met it", () => {
  const fromNode = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const fromInitdb = new Error('could not write to file "base/1/1255": No space left on device');
  const short = new Error(
    'could not extend file "base/1/2691": wrote only 4096 of 8192 bytes. Check free disk space.',
  );
  for (const thrown of [fromNode, fromInitdb, short]) {
    expect(toFault(thrown, "embedded_start_failed")).toMatchObject({ code: "embedded_disk_full" });
  }
});

test("a refused access names the path and what to do", () => {
  const thrown = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: "EACCES" });
  const fault = toFault(thrown, "embedded_start_failed");
  expect(fault.code).toBe("embedded_denied");
  expect(fault.message).toMatch(/'\/x'\. Give .* DATABASE_URL/);
});

test("a fault stays as it is, and anything else gets the code of what was being done", () => {
  const fault = new Fault("embedded_timeout", "late");
  expect(toFault(fault, "embedded_start_failed")).toBe(fault);
  expect(toFault("odd", "embedded_start_failed")).toMatchObject({
    code: "embedded_start_failed",
    message: "odd",
  });
});
