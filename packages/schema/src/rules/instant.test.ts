import fc from "fast-check";
import { expect, test } from "vitest";
import { instantText } from "./instant.ts";

const FIRST = Date.parse("0000-01-01T00:00:00.000Z");
const LAST = Date.parse("9999-12-31T23:59:59.999Z");

test("an instant has the text that toISOString gives", () => {
  const instant = fc.integer({ min: FIRST, max: LAST });
  fc.assert(
    fc.property(instant, (time) => instantText(time) === new Date(time).toISOString()),
    { numRuns: 20_000 },
  );
});

test.each([FIRST, LAST, 0, -1, Date.UTC(2000, 1, 29), Date.UTC(1900, 2, 1) - 1])(
  "%d is exact at its edge",
  (time) => {
    expect(instantText(time)).toBe(new Date(time).toISOString());
  },
);
