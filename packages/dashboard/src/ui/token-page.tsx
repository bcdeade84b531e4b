import { useEffect, useState } from "preact/hooks";
import { asFailure, type Failure } from "./admin/failure.ts";
import { tryToken } from "./admin/http.ts";
import { Problem } from "./parts/notices.tsx";

/** Asks for the admin server's token, once for a tab. */
export function TokenPage() {
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    // A page that had come before the first refusal may have set its own.
    document.title = "Twinloop";
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setFailure(null);
    try {
      setWrong(!(await tryToken(text.trim())));
    } catch (error) {
      setFailure(asFailure(error));
    }
  };
  return (
    <main class="token">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <img src="./icon.svg" alt="" width="36" height="36" />
        <h1>This app asks for its token</h1>
        <p class="quiet">
          It is the value of <code>ADMIN_TOKEN</code> in the app's environment. This tab keeps it until it is
          closed.
        </p>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          autoFocus
          value={text}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? "token-wrong" : undefined}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {isWrong && (
          <p id="token-wrong" class="bad-text" role="alert">
            The app does not accept this token.
          </p>
        )}
        {failure !== null && <Problem failure={failure} />}
        <button type="submit" class="primary">
          Open the dashboard
        </button>
      </form>
    </main>
  );
}
