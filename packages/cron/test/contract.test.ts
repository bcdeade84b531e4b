import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { preview } from "../dist/admin.js";

interface Case {
  readonly name: string;
  readonly pattern?: string;
  readonly everyMs?: number;
  readonly timeZone: string;
  readonly after: string;
  readonly next: readonly string[];
  /** Of what is refused: pieces of the message. */
  readonly says?: readonly string[];
}

const { due, refused } = JSON.parse(
  readFileSync(new URL("../../../contract/cases/cron/schedules.json", import.meta.url), "utf8"),
) as { readonly due: readonly Case[]; readonly refused: readonly Case[] };

const previewed = ({ pattern, everyMs, timeZone, after, next }: Case): Promise<Date[]> =>
  preview(
    pattern === undefined ? { every: everyMs!, timeZone } : { schedule: pattern, timeZone },
    after === undefined ? {} : { after: new Date(after), count: next.length },
  );

test.for(due)("$name", async (each) => {
  expect(await previewed(each)).toEqual(each.next.map((text) => new Date(text)));
});

test.for(refused)("$name is refused, in words that name what to write", async (each) => {
  const error = await previewed(each).then(
    () => expect.unreachable(),
    (thrown: unknown) => thrown as Error,
  );
  expect(error).toMatchObject({ name: "CronError", code: "invalid_argument" });
  for (const piece of each.says ?? []) expect(error.message).toContain(piece);
});
