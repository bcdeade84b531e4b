import type { TraceSummary } from "../../contract.ts";
import { Badge } from "../parts/badge.tsx";
import { plainText } from "../text/plain-text.ts";

/** How an operation ended: the HTTP status where it has one, and why Rust refused it. */
export function Status({ trace }: { trace: TraceSummary }) {
  const { status, statusCode, refusal } = trace;
  const tone = status === "error" ? "bad" : (statusCode ?? 200) >= 400 ? "warn" : "good";
  const word = statusCode === null ? (status === "error" ? "failed" : "ok") : String(statusCode);
  return (
    <>
      <Badge tone={tone}>
        {status === "error" && <span aria-hidden="true">✕ </span>}
        {word}
        {status === "error" && statusCode !== null && <span class="hidden"> error</span>}
      </Badge>
      {refusal !== null && <span class="kind">refused: {plainText(refusal)}</span>}
    </>
  );
}
