import { CronJob } from "@twinloop/cron";
import { db } from "./database.ts";

/** The schedule: each minute, so that the demo has something to show. */
const SCHEDULE = process.env["ROLL_UP_SCHEDULE"] || "* * * * *";

/** Makes one row of all clicks on a link in a past minute. Fires once per schedule, however many replicas run. */
export const rollUp = new CronJob("roll-up-clicks", {
  title: "Roll up clicks by the minute",
  schedule: SCHEDULE,
  handler: async () => {
    // Links are locked before their clicks, as they are when one is removed.
    await db.exec`
      with link as (
        select id from links
        where id in (select link_id from clicks where at < date_trunc('minute', now()))
        for key share
      ), past as (
        delete from clicks using link
        where link_id = link.id and at < date_trunc('minute', now()) returning link_id, at
      )
      insert into clicks_by_minute (link_id, minute, clicks)
      select link_id, date_trunc('minute', at), count(*) from past group by 1, 2
      on conflict (link_id, minute) do update set clicks = clicks_by_minute.clicks + excluded.clicks`;
  },
});
