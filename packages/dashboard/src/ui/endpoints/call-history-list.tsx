import { Badge } from "../parts/badge.tsx";
import { Scroll, Section } from "../parts/page.tsx";
import { linkTo } from "../state/route.ts";
import { dayAndTime } from "../text/instant.ts";
import { plainText } from "../text/plain-text.ts";
import { duration } from "../text/quantity.ts";
import type { PastCall } from "./call-history.ts";
import { calls, forgetCalls } from "./kept-calls.ts";

/** The calls made from this browser, of one endpoint or all, with their traces; `again` fills the form in. */
export function CallHistory({ endpoint, again }: { endpoint?: string; again?: (past: PastCall) => void }) {
  const shown = calls.value.filter((past) => endpoint === undefined || past.endpoint === endpoint);
  if (shown.length === 0) return null;
  return (
    <Section
      title="Your calls"
      actions={
        <button type="button" onClick={forgetCalls}>
          Forget all
        </button>
      }
    >
      <p class="quiet">Kept in this browser, without headers that hold credentials.</p>
      <Scroll label="Your calls">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Call</th>
              <th scope="col">Status</th>
              <th scope="col" class="number">
                Duration
              </th>
              <th scope="col">Trace</th>
              {again !== undefined && <th scope="col">Again</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((past) => (
              <tr key={`${past.atMs} ${past.traceId}`}>
                <td class="time">{dayAndTime(past.atMs)}</td>
                <td class="clip">
                  <a href={linkTo("endpoints", [past.endpoint])}>
                    {past.call.method} {plainText(past.call.path)}
                  </a>
                </td>
                <td>
                  <Badge tone={past.status >= 500 ? "bad" : past.status >= 400 ? "warn" : "good"}>
                    {past.status}
                  </Badge>
                </td>
                <td class="number">{duration(past.durationMs)}</td>
                <td>
                  <a
                    href={linkTo("requests", [past.traceId])}
                    aria-label={`Trace of the call at ${dayAndTime(past.atMs)}`}
                  >
                    Trace
                  </a>
                </td>
                {again !== undefined && (
                  <td>
                    <button type="button" onClick={() => again(past)}>
                      Send again
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  );
}
