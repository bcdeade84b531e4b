import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { AskTools } from "../../contract.ts";
import { asFailure, type Failure } from "../admin/failure.ts";
import { ask } from "../admin/http.ts";
import { streams } from "../admin/live.ts";
import { token } from "../admin/token.ts";

/** What was last answered, kept while later answers fail or are on their way. */
export interface Polled<Value> {
  readonly value: Value | null;
  /** Why the last attempt failed; `null` after an answer. */
  readonly failure: Failure | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * Loads a value now, whenever `key` changes, after the app has restarted, and every `everyMs` while the page is seen. Of
 * another key, what was loaded before is forgotten; of another `version`, it stays until the new answer is there.
 *
 * Units: milliseconds; `null` loads once.
 */
export function usePolled<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  key: string,
  everyMs: number | null = null,
  version = "",
): Polled<Value> {
  const [state, setState] = useState<{ key: string; value: Value | null; failure: Failure | null }>({
    key,
    value: null,
    failure: null,
  });
  const [isLoading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setTurn((turn) => turn + 1), []);
  const opened = streams.value;
  const accepted = token.value;

  useEffect(() => {
    const stop = new AbortController();
    setLoading(true);
    latest
      .current(stop.signal)
      .then(
        (value) => !stop.signal.aborted && setState({ key, value, failure: null }),
        (error: unknown) =>
          !stop.signal.aborted &&
          setState((last) => ({
            key,
            value: last.key === key ? last.value : null,
            failure: asFailure(error),
          })),
      )
      .finally(() => !stop.signal.aborted && setLoading(false));
    return () => stop.abort();
  }, [key, version, turn, opened, accepted]);

  useEffect(() => {
    if (everyMs === null) return undefined;
    const timer = setInterval(() => !document.hidden && reload(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, reload]);

  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : null,
    failure: isCurrent ? state.failure : null,
    isLoading,
    reload,
  };
}

/** Asks a question of the app, as `usePolled` loads: anew when the input changes. */
export function useAsked<Tool extends keyof AskTools>(
  tool: Tool,
  input: AskTools[Tool]["input"],
  everyMs: number | null = null,
): Polled<AskTools[Tool]["value"]> {
  return usePolled((signal) => ask(tool, input, signal), `${tool} ${JSON.stringify(input)}`, everyMs);
}
