import type { ComponentChildren } from "preact";
import type { Failure } from "../admin/failure.ts";
import { plainText } from "../text/plain-text.ts";
import type { Polled } from "../state/polled.ts";

/** An error with its code, message and hint; a part that the app does not use is said calmly. */
export function Problem({ failure }: { failure: Failure }) {
  if (failure.isAbsence) {
    return (
      <div class="notice">
        <p>{plainText(failure.message)}</p>
        {failure.hint !== null && <p class="quiet">{plainText(failure.hint)}</p>}
      </div>
    );
  }
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>
          Error <code>{plainText(failure.code)}</code>:
        </strong>{" "}
        {plainText(failure.message)}
      </p>
      {failure.hint !== null && <p class="quiet">{plainText(failure.hint)}</p>}
    </div>
  );
}

/** What to do so that there is something to see. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/**
 * Shows a loaded value, or that it is on its way. A failure while something is shown leaves it there: the app restarts at
 * each edit, and the header says so.
 */
export function Loaded<Value>({
  polled,
  children,
}: {
  polled: Polled<Value>;
  children: (value: Value) => ComponentChildren;
}) {
  const { value, failure } = polled;
  const isSaid = failure !== null && !(failure.isDisconnected && value !== null);
  return (
    <>
      {isSaid && <Problem failure={failure} />}
      {value === null && failure === null && <p class="quiet loading">Loading…</p>}
      {value !== null && !(failure?.isAbsence ?? false) && children(value)}
    </>
  );
}
