import type { AskTools } from "../../contract.ts";
import { ask } from "../admin/http.ts";
import { ActionButton } from "../parts/action-button.tsx";
import { Badge } from "../parts/badge.tsx";
import { Empty, Loaded } from "../parts/notices.tsx";
import { Page, Scroll, Section } from "../parts/page.tsx";
import { instantCell, Records, type Column } from "../parts/records.tsx";
import { route } from "../state/current-route.ts";
import { useAsked } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { dayAndTime, fromNow, hourMinute, toMs } from "../text/instant.ts";
import { cellText, plainText } from "../text/plain-text.ts";
import { duration } from "../text/quantity.ts";
import { calendarOf } from "./calendar.ts";

type Jobs = AskTools["cron.list"]["value"];
type Job = Jobs[number];

/** The cron jobs: when they run next, how they last ended, and the history of one where the address names it. */
export function CronPage() {
  const jobs = useAsked("cron.list", {}, 10_000);
  const [name] = route.value.rest;
  const job = jobs.value?.find((one) => one.job === name);
  if (job !== undefined) return <JobPage key={job.job} job={job} reload={jobs.reload} />;
  return (
    <Page title="Cron" lead="Jobs that run by the clock: when they are due, and how they ended.">
      <Loaded polled={jobs}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="The app declares no job yet.">
              <p>
                <code>{'cron("nightly", { schedule: "0 3 * * *", handler: … })'}</code> declares one.
              </p>
            </Empty>
          ) : (
            <>
              <Calendar jobs={list} />
              <Section title="Jobs">
                <JobTable jobs={list} reload={jobs.reload} />
              </Section>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function Calendar({ jobs }: { jobs: Jobs }) {
  const days = calendarOf(jobs, Date.now());
  return (
    <Section title="The next seven days">
      <ol class="calendar">
        {days.map(({ day, runs, more, onward }, index) => (
          <li key={day}>
            <h3>
              {index === 0 ? "Today" : weekday(day)} <span class="quiet">{day.slice(5)}</span>
            </h3>
            <ul>
              {runs.map(({ job, atMs }) => (
                <li key={`${job} ${atMs}`}>
                  <span class="time">{hourMinute(atMs)}</span>{" "}
                  <a href={linkTo("cron", [job])}>{plainText(job)}</a>
                </li>
              ))}
              {more > 0 && <li class="quiet">and {more} more</li>}
              {onward.map((job) => (
                <li key={job} class="quiet">
                  further{" "}
                  <a href={linkTo("cron", [job])} title={plainText(job)}>
                    {plainText(job)}
                  </a>
                </li>
              ))}
              {runs.length + onward.length === 0 && <li class="quiet">None</li>}
            </ul>
          </li>
        ))}
      </ol>
      <p class="quiet">
        In this browser's time zone. Of a job that runs often, the next runs are known one by one; “further”
        stands where it goes on.
      </p>
    </Section>
  );
}

function weekday(day: string): string {
  return new Date(`${day}T12:00:00`).toLocaleDateString("en", { weekday: "short" });
}

function JobTable({ jobs, reload }: { jobs: Jobs; reload: () => void }) {
  return (
    <Scroll label="Jobs">
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">When</th>
            <th scope="col">Next</th>
            <th scope="col">Last run</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.job}>
              <th scope="row">
                <a href={linkTo("cron", [job.job])}>{plainText(job.job)}</a>
              </th>
              <td>
                <code>{plainText(job.rule)}</code> <span class="quiet">{plainText(job.timeZone)}</span>
              </td>
              <td>
                <Next job={job} />
              </td>
              <td>
                <Last job={job} />
              </td>
              <td>
                <Buttons job={job} reload={reload} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Next({ job }: { job: Job }) {
  const next = job.next.find((atMs) => atMs >= Date.now());
  if (job.isPaused) return <Badge tone="warn">paused</Badge>;
  if (next === undefined) return <span class="quiet">never</span>;
  return (
    <>
      <span class="nowrap">{dayAndTime(next)}</span>{" "}
      <span class="quiet nowrap">{fromNow(next, Date.now())}</span>
    </>
  );
}

function Last({ job }: { job: Job }) {
  if (job.last === null) return <span class="quiet">not yet</span>;
  return (
    <>
      <OutcomeBadge outcome={job.last["outcome"]} />{" "}
      <span class="nowrap">{instantCell(job.last["scheduledAt"])}</span>
    </>
  );
}

function OutcomeBadge({ outcome }: { outcome: unknown }) {
  const word = cellText(outcome ?? "unknown");
  const isBad = /fail|timed|interrupt|error/i.test(word);
  const isGood = /succeed|^ok$|done/i.test(word);
  return (
    <Badge tone={isBad ? "bad" : isGood ? "good" : "plain"}>
      {isBad && <span aria-hidden="true">✕ </span>}
      {word}
    </Badge>
  );
}

function Buttons({ job, reload }: { job: Job; reload: () => void }) {
  const { job: name, isPaused } = job;
  return (
    <span class="actions">
      <ActionButton
        label="Run now"
        about={name}
        confirm={`Run ${name} now?`}
        act={async () => {
          await ask("cron.trigger", { job: name });
          return "Asked for.";
        }}
        done={reload}
      />
      <ActionButton
        label={isPaused ? "Resume" : "Pause"}
        about={name}
        act={async () => {
          await ask(isPaused ? "cron.resume" : "cron.pause", { job: name });
          return isPaused ? "Resumed." : "Paused.";
        }}
        done={reload}
      />
    </span>
  );
}

const RUNS: readonly Column[] = [
  { name: "scheduledAt", title: "Due", read: (row) => instantCell(row["scheduledAt"]) },
  { name: "outcome", title: "Outcome" },
  { name: "took", title: "Took", read: tookOf },
  { name: "attempts", title: "Attempts" },
  { name: "error", title: "Last error", read: (row) => cellText(row["error"] ?? "") },
];

function tookOf(row: Readonly<Record<string, unknown>>): string {
  const [startMs, endMs] = [toMs(row["startedAt"]), toMs(row["finishedAt"])];
  return startMs === null || endMs === null ? "–" : duration(endMs - startMs);
}

function JobPage({ job, reload }: { job: Job; reload: () => void }) {
  const runs = useAsked("cron.history", { job: job.job, limit: 100 }, 10_000);
  return (
    <Page
      title={plainText(job.job)}
      back={{ href: linkTo("cron"), label: "Cron" }}
      lead={
        <>
          <code>{plainText(job.rule)}</code> {plainText(job.timeZone)} · next: <Next job={job} />
        </>
      }
      actions={<Buttons job={job} reload={reload} />}
    >
      <Section title="Next runs">
        <ul class="columns">
          {job.next.slice(0, 12).map((atMs) => (
            <li key={atMs}>
              {dayAndTime(atMs)} <span class="quiet">{fromNow(atMs, Date.now())}</span>
            </li>
          ))}
        </ul>
        {job.next.length === 0 && <p class="quiet">None is due.</p>}
      </Section>
      <Section title="History">
        <Loaded polled={runs}>
          {(rows) =>
            rows.length === 0 ? (
              <p class="quiet">The job has not run yet. “Run now” triggers it.</p>
            ) : (
              <Records label="Runs" rows={rows} columns={RUNS} />
            )
          }
        </Loaded>
      </Section>
    </Page>
  );
}
