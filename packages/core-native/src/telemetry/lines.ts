import { hearLines } from "../log/log.ts";
import { collected, onCollect } from "./collected.ts";
import { record } from "./records.ts";

/** Log lines of one turn beyond which further ones are not told to the runtime: a flood must not fill the crossing. */
const MOST_A_TURN = 256;

let told = 0;
let end: (() => void) | undefined;

/** Tells each line of the app to the runtime while somebody reads the recent ones. */
export function tellLines(): void {
  onCollect(() => {
    if (collected.lines) end ??= hearLines(tell);
    else {
      end?.();
      end = undefined;
    }
  });
}

function tell(line: string): void {
  if (told === 0) setImmediate(nextTurn);
  if (++told > MOST_A_TURN) return;
  record("recordLine", line.trimEnd(), stopTelling);
}

function nextTurn(): void {
  told = 0;
}

/** What cannot be told is logged, and that line could not be told either. */
function stopTelling(): void {
  end?.();
  end = undefined;
}
