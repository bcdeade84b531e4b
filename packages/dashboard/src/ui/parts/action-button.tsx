import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { asFailure, type Failure } from "../admin/failure.ts";
import { plainText } from "../text/plain-text.ts";

/**
 * A button that changes something of the app. `confirm`, where it is given, is asked before; what came of it is said
 * beside the button.
 */
export function ActionButton({
  label,
  act,
  confirm,
  done,
  about,
  isDisabled = false,
}: {
  label: ComponentChildren;
  act: () => Promise<string | void>;
  confirm?: string;
  done?: () => void;
  /** What the button is about, for those who do not see where it stands. */
  about?: string;
  isDisabled?: boolean;
}) {
  const [state, setState] = useState<"rest" | "asks" | "acts">("rest");
  const [said, setSaid] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const run = async (): Promise<void> => {
    setState("acts");
    setFailure(null);
    setSaid("");
    try {
      setSaid((await act()) ?? "Done.");
      done?.();
    } catch (error) {
      setFailure(asFailure(error));
    } finally {
      setState("rest");
    }
  };
  return (
    <span class="action">
      {state === "asks" ? (
        <span class="confirm" role="group" aria-label={confirm}>
          <span>{confirm}</span>
          <button type="button" class="primary" autoFocus onClick={() => void run()}>
            Yes
          </button>
          <button type="button" onClick={() => setState("rest")}>
            No
          </button>
        </span>
      ) : (
        <button
          type="button"
          disabled={isDisabled || state === "acts"}
          onClick={() => (confirm === undefined ? void run() : setState("asks"))}
        >
          {label}
          {about !== undefined && <span class="hidden"> {plainText(about)}</span>}
        </button>
      )}
      <span role="status" class={failure === null ? "quiet" : "bad-text"}>
        {failure === null ? said : `${failure.code}: ${plainText(failure.message)}`}
      </span>
    </span>
  );
}
