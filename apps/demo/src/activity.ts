import { api } from "@twinloop/api";
import { db } from "./database.ts";

interface Minute {
  minute: Date;
  clicks: number;
}

interface Activity {
  /** The last half hour, the oldest minute first. */
  minutes: Minute[];
}

/** Returns the number of clicks per minute: minutes that are rolled up, and clicks that are not yet. */
export const activity = api(
  { expose: true, method: "GET", path: "/activity" },
  async (): Promise<Activity> => ({
    minutes: await db.queryAll<Minute>`
      with recent as (
        select minute, clicks from clicks_by_minute
        union all
        select date_trunc('minute', at), 1 from clicks)
      select minute, coalesce(sum(clicks), 0)::bigint as clicks
      from generate_series(date_trunc('minute', now()) - interval '29 minutes', now(), interval '1 minute') as minute
      left join recent using (minute)
      group by minute order by minute`,
  }),
);
