import { expect, onTestFinished, test } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";
import { makeLinks } from "./click-counts.ts";
import { Demo } from "./demo-process.ts";
import { servicePlace } from "./place.ts";

const PATIENT = { timeout: 10_000 };

test("clicks of a past minute become one row, and the chart stays as it was", async () => {
  const place = await servicePlace();
  const { url } = await place.openDatabase();
  const db = new SQLDatabase("clicks", { connectionString: url, bigint: "number" });
  const demo = await Demo.start({ ...place, env: { ...place.env, ROLL_UP_SCHEDULE: "* * * * * *" } });
  onTestFinished(async () => {
    await demo.stop();
    await db.close();
    await place.remove();
  });
  const [address = ""] = await makeLinks(demo, 1);
  const follow = async (): Promise<number> => (await fetch(address, { redirect: "manual" })).status;
  expect(await Promise.all([follow(), follow(), follow()])).toEqual([302, 302, 302]);
  await db.exec`update clicks set at = at - interval '1 minute'`;
  await expect.poll(() => db.queryAll`select clicks from clicks_by_minute`, PATIENT).toEqual([{ clicks: 3 }]);
  // One that comes late, for a minute that has its row.
  await db.exec`insert into clicks (link_id, at) select link_id, minute from clicks_by_minute`;
  await expect.poll(() => db.queryAll`select clicks from clicks_by_minute`, PATIENT).toEqual([{ clicks: 4 }]);
  expect(await db.queryAll`select * from clicks`).toEqual([]);
  const activity = (await (await fetch(`${demo.url}/activity`)).json()) as { minutes: { clicks: number }[] };
  expect(activity.minutes.map(({ clicks }) => clicks).filter((clicks) => clicks > 0)).toEqual([4]);
});
