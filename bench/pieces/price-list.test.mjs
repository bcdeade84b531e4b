import { expect, test } from "vitest";
import { pricePieces, showColumns, showPieces, withoutPieces } from "./price-list.mjs";

const plain = {
  handler: 100,
  awaits: 300,
  signal: 400,
  helloChecked: 110,
  helloPlain: 160,
  sumChecked: 500,
  sumPlain: 900,
};
const context = { ...plain, handler: 350, awaits: 900, signal: 1_350 };
const rust = [
  { name: "request id", with: 90, without: 40 },
  { name: "back-pressure: held, then let in", with: 200, without: 0 },
];
const pieces = pricePieces(rust, { plain, context });

test("takes off what every request pays, and nothing that only some do", () => {
  const without = withoutPieces(pieces, { javascriptMicros: 1, ioMicros: 8 });
  // The context is 250 ns, the checked answer 50 ns cheaper than one that is not.
  expect(without.javascriptMicros).toBeCloseTo(0.8);
  expect(without.ioMicros).toBeCloseTo(7.95);
});

test("shows what costs less than what it replaces with a minus", () => {
  expect(showPieces(pieces)).toMatch(
    /\| answer checked and stripped, one field +\| JS +\| +110 \| +160 \| +-50 \|/,
  );
});

test("prices a signal beside a handler in its context that asks for none", () => {
  expect(pieces.find(({ name }) => name.startsWith("ctx.signal"))).toMatchObject({
    with: 1_350,
    without: 350,
  });
});

test("shows both columns", () => {
  const table = showColumns(
    "hello",
    { javascriptMicros: 1, ioMicros: 8 },
    { javascriptMicros: 0.8, ioMicros: 7.9 },
  );
  expect(table).toMatch(/\| whole process +\| +9\.00 \| +8\.70 \|/);
});
