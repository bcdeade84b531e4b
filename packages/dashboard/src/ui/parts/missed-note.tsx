import { missed } from "../state/told.ts";
import { counted } from "../text/quantity.ts";

/** Says that the stream has left events out; nothing where it has not. The lists load anew when it happens. */
export function MissedNote() {
  if (missed.value === 0) return null;
  return (
    <div class="notice warn">
      <p>
        The app tells more than this page can read: {counted(missed.value, "event was", "events were")} left
        out of the stream. The list was loaded anew.
      </p>
    </div>
  );
}
