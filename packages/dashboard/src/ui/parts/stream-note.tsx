import { refusal } from "../admin/live.ts";
import { missed } from "../state/told.ts";
import { counted } from "../text/quantity.ts";
import { Problem } from "./notices.tsx";

/**
 * What keeps a list from being whole: events that the stream has left out, for which lists load anew, or that the app gives
 * no stream. Nothing where all is well.
 */
export function StreamNote() {
  return (
    <>
      {refusal.value !== null && <Problem failure={refusal.value} />}
      {missed.value > 0 && (
        <div class="notice warn">
          <p>
            The app tells more than this page can read: {counted(missed.value, "event was", "events were")}{" "}
            left out of the stream. The list was loaded anew.
          </p>
        </div>
      )}
    </>
  );
}
