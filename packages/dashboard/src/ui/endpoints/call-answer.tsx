import type { AskTools } from "../../contract.ts";
import { Badge } from "../parts/badge.tsx";
import { Json } from "../parts/code.tsx";
import { linkTo } from "../state/route.ts";
import { plainText } from "../text/plain-text.ts";
import { duration } from "../text/quantity.ts";

/** What the app answered to a call, as text: no body of an answer is drawn as a page. */
export function CallAnswer({ answer }: { answer: AskTools["endpoints.call"]["value"] }) {
  const { status, headers, body, isCut, durationMs, traceId } = answer;
  return (
    <div>
      <p role="status">
        <Badge tone={status >= 500 ? "bad" : status >= 400 ? "warn" : "good"}>{status}</Badge> in{" "}
        {duration(durationMs)} · <a href={linkTo("requests", [traceId])}>Open the trace</a>
      </p>
      {body === "" ? (
        <p class="quiet">The body is empty.</p>
      ) : (
        <Json value={body} label="Body of the answer" />
      )}
      {isCut && <p class="quiet">The body is longer; it was cut after 1 MiB.</p>}
      <details>
        <summary>Headers</summary>
        <dl class="attributes">
          {headers.map(([name, value], index) => (
            <div key={index}>
              <dt>{plainText(name)}</dt>
              <dd>{plainText(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
