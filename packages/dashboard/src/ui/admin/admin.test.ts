import { expect, test } from "vitest";
import { asFailure, Failure, readFailure } from "./failure.ts";
import { readLiveEvent, waitMs } from "./live-event.ts";

test("events that the page knows are read, and all others are left", () => {
  expect(readLiveEvent("missed", '{"count":3}')).toEqual({ event: "missed", data: { count: 3 } });
  expect(readLiveEvent("trace", "{")).toBeNull();
  expect(readLiveEvent("trace", "null")).toBeNull();
  expect(readLiveEvent("other", "{}")).toBeNull();
  expect(readLiveEvent(undefined, "{}")).toBeNull();
});

test("attempts to reconnect come later and later, up to 5 s", () => {
  expect([1, 2, 3, 10].map(waitMs)).toEqual([300, 600, 1200, 5000]);
});

test("errors keep code, message and hint, and what is no error of ours is told by its status", () => {
  const failure = readFailure(412, { code: "failed_precondition", message: "No cron.", hint: "Install it." });
  expect([failure.code, failure.message, failure.hint, failure.isAbsence]).toEqual([
    "failed_precondition",
    "No cron.",
    "Install it.",
    true,
  ]);
  expect(readFailure(502, "<html>").message).toContain("502");
  expect(asFailure(new TypeError("fetch failed")).isDisconnected).toBe(true);
  expect(asFailure(new Failure("unavailable", "No database.")).isDisconnected).toBe(false);
  expect(asFailure(new Failure("internal", "x")).code).toBe("internal");
  expect(asFailure("odd")).toMatchObject({ code: "unknown", message: "odd" });
});
