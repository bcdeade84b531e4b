import { expect, test } from "vitest";
import { optionFaults } from "@twinloop/core-native/internal";
import { LIMITS } from "./limit-table.ts";
import { limitConfig, limitRules } from "./limits.ts";

test("limits take numbers and durations, and are named as in Rust", () => {
  const given = { headerBytes: 1_000, headerTimeout: "2s", idleTimeout: 500, connections: 7 } as const;
  expect(limitConfig(given, {})).toEqual({
    config: { maxHeadBytes: 1_000, headerTimeoutMs: 2_000, idleTimeoutMs: 500, maxConnections: 7 },
    problems: [],
  });
});

test("a variable overrides the code, and one that cannot be read is a problem", () => {
  const environment = {
    TWINLOOP_HEADERS: "50",
    TWINLOOP_WRITE_TIMEOUT: "1m",
    TWINLOOP_CONNECTIONS: "many",
    TWINLOOP_BACKLOG: "",
  };
  const { config, problems } = limitConfig({ headers: 5, writeTimeout: 1_000, connections: 3 }, environment);
  expect(config).toEqual({ maxHeaders: 50, writeTimeoutMs: 60_000 });
  expect(problems.map(({ message }) => message)).toEqual([
    'TWINLOOP_CONNECTIONS is "many", which is not a whole number from 1 to 1000000',
  ]);
});

test.each([
  [{ headers: 0 }, "limits.headers is 0"],
  [{ headers: 1_001 }, "limits.headers is 1001"],
  [{ headerBytes: 64_001 }, "limits.headerBytes is 64001"],
  [{ headerTimeout: "5ms" }, 'limits.headerTimeout is "5ms"'],
  [{ idleTimeout: "2h" }, 'limits.idleTimeout is "2h"'],
  [{ conections: 1 }, "there is no option limits.conections"],
])("%j is out of range", (limits, message) => {
  expect(optionFaults({ limits }, { limits: limitRules }).map(({ what }) => what)).toEqual([message]);
});

test("each limit has a variable of its own", () => {
  const variables = Object.values(LIMITS).map(({ variable }) => variable);
  expect(new Set(variables).size).toBe(variables.length);
});
