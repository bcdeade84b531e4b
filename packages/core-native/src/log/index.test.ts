import { expect, test } from "vitest";
import log, { debug, error, info, trace, warn } from "./index.ts";
import { log as named } from "./log.ts";

test("the default export is the app's logger, and each level is a function of its own", () => {
  expect(log).toBe(named);
  expect([trace, debug, info, warn, error]).toEqual([log.trace, log.debug, log.info, log.warn, log.error]);
});
