import { hostname } from "node:os";
import { expect, test, vi } from "vitest";
import { Work } from "../work/work.ts";
import { createLogger, hearLines, log, type Logger } from "./log.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

class Traced extends Work {
  protected override lookUp(name: string): string | undefined {
    return { "request-id": TRACE, "span-id": "b7ad6b7169203331", sampled: "1" }[name];
  }

  protected override logFields(): Readonly<Record<string, unknown>> {
    return { endpoint: "shop.buy" };
  }
}

const IDS = { trace_id: TRACE, span_id: "b7ad6b7169203331" };

function recorded(): { logger: Logger; last: () => Record<string, unknown> } {
  const lines: string[] = [];
  const logger = createLogger({ format: "json", write: (line) => lines.push(line) });
  return { logger, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

/** The app's lines that `run` writes, as listeners hear them. */
function heard(run: () => void): Record<string, unknown>[] {
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const lines: string[] = [];
  const end = hearLines((line) => lines.push(line));
  try {
    run();
  } finally {
    end();
    out.mockRestore();
  }
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("a line of any logger within an operation has the ids of its trace", async () => {
  const { logger, last } = recorded();
  await Work.run(
    new Traced(30),
    async () => {
      await null;
      logger.info("within", { n: 1 });
    },
    undefined,
  );
  expect(last()).toMatchObject({ msg: "within", n: 1, ...IDS });
  logger.info("without");
  expect(last()).not.toHaveProperty("trace_id");
});

test("fields of these names are the writer's own", () => {
  const { logger, last } = recorded();
  Work.run(new Traced(31), () => logger.with({ trace_id: "own" }).info("x"), undefined);
  expect(last()).toMatchObject({ trace_id: "own" });
  expect(last()).not.toHaveProperty("span_id");
});

test("ctx.log has the operation's fields and ids wherever it writes", () => {
  const [one, other] = [new Traced(32), new Traced(33)];
  const lines = heard(() => {
    one.log.info("outside of operations");
    Work.run(other, () => one.log.with({ more: 1 }).warn("in another"), undefined);
  });
  const own = { endpoint: "shop.buy", ...IDS, pid: process.pid, hostname: hostname() };
  expect(lines).toMatchObject([
    { level: 30, msg: "outside of operations", ...own },
    { level: 40, msg: "in another", more: 1, ...own },
  ]);
});

test("who does not listen any more hears nothing", () => {
  expect(heard(() => log.info("one"))).toHaveLength(1);
  const late: string[] = [];
  hearLines((line) => late.push(line))();
  heard(() => log.info("two"));
  expect(late).toEqual([]);
});
