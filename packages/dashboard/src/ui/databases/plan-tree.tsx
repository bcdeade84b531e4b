import { Json } from "../parts/code.tsx";
import { plainText } from "../text/plain-text.ts";
import { duration, short, whole } from "../text/quantity.ts";
import { readPlan, type PlanStep } from "./plan.ts";

/** A plan as nested steps, the first to run innermost; the whole JSON is beneath, folded. */
export function PlanTree({ plan }: { plan: unknown }) {
  const root = readPlan(plan);
  return (
    <div class="plan">
      <h3>Plan</h3>
      {root !== null && (
        <ul>
          <Step step={root} />
        </ul>
      )}
      {root === null ? (
        <Json value={plan} label="Plan as JSON" />
      ) : (
        <details>
          <summary>As JSON</summary>
          <Json value={plan} label="Plan as JSON" />
        </details>
      )}
    </div>
  );
}

function Step({ step }: { step: PlanStep }) {
  const facts = [
    step.actualMs === null ? "" : duration(step.actualMs),
    step.actualRows === null ? "" : `${whole(step.actualRows)} rows`,
    step.cost === null ? "" : `cost ${short(step.cost)}`,
    step.rows === null ? "" : `about ${whole(step.rows)} rows expected`,
  ];
  return (
    <li>
      <strong>{plainText(step.title)}</strong>
      <span class="quiet"> {facts.filter((fact) => fact !== "").join(" · ")}</span>
      {step.detail !== "" && <div class="plan-detail">{plainText(step.detail)}</div>}
      {step.steps.length > 0 && (
        <ul>
          {step.steps.map((below, index) => (
            <Step key={index} step={below} />
          ))}
        </ul>
      )}
    </li>
  );
}
