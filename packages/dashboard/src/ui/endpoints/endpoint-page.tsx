import { useMemo, useState } from "preact/hooks";
import type { AskTools, EndpointAnswer } from "../../contract.ts";
import { asFailure, type Failure } from "../admin/failure.ts";
import { ask } from "../admin/http.ts";
import { Json } from "../parts/code.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { DocText } from "../parts/doc-text.tsx";
import { Problem } from "../parts/notices.tsx";
import { Page } from "../parts/page.tsx";
import { linkTo } from "../state/route.ts";
import { app } from "../state/running-app.ts";
import { plainText } from "../text/plain-text.ts";
import { CallAnswer } from "./call-answer.tsx";
import { CallHistory } from "./call-history-list.tsx";
import { emptyDraft, type Draft, type DraftFault } from "./draft.ts";
import { FieldControl, FieldList } from "./field-control.tsx";
import { keepCall } from "./kept-calls.ts";
import { Marks } from "./marks.tsx";
import {
  buildCall,
  curlOf,
  formOf,
  type CallDraft,
  type EndpointForm,
  type EndpointCall,
} from "./outgoing-call.ts";

type Answer = AskTools["endpoints.call"]["value"];

/** One endpoint: its form, the answer of the last call, and the calls made before. */
export function EndpointPage({ endpoint }: { endpoint: EndpointAnswer }) {
  const form = useMemo(() => formOf(endpoint), [endpoint]);
  const [draft, setDraft] = useState<CallDraft>(() => firstDraft(endpoint, form));
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [faults, setFaults] = useState<readonly DraftFault[]>([]);
  const [isSending, setSending] = useState(false);

  const send = async (call: EndpointCall): Promise<void> => {
    setSending(true);
    setFailure(null);
    try {
      const answer = await ask("endpoints.call", call);
      const { status, durationMs, traceId } = answer;
      keepCall({ atMs: Date.now(), endpoint: endpoint.id, call, status, durationMs, traceId });
      setAnswer(answer);
    } catch (error) {
      setFailure(asFailure(error));
    } finally {
      setSending(false);
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const built = buildCall(endpoint, form, draft);
    setFaults(built.faults);
    if (built.faults.length === 0) void send(built.call);
  };
  const change = (part: Partial<CallDraft>): void => setDraft({ ...draft, ...part });
  const { call } = buildCall(endpoint, form, draft);
  return (
    <Page
      title={plainText(endpoint.id)}
      back={{ href: linkTo("endpoints"), label: "Endpoints" }}
      lead={
        <>
          <span class="method">{endpoint.methods.join(" ")}</span>{" "}
          <span class="path">{plainText(endpoint.path)}</span> <Marks endpoint={endpoint} />
        </>
      }
    >
      {endpoint.doc !== null && (
        <p>
          <DocText text={endpoint.doc} />
        </p>
      )}
      <div class="halves">
        <form class="card" aria-label="Request" onSubmit={submit}>
          <h2>Request</h2>
          <EndlessNote kind={endpoint.kind} />
          <RequestFields endpoint={endpoint} form={form} draft={draft} change={change} />
          <Faults faults={faults} />
          <div class="actions">
            <button type="submit" class="primary" disabled={isSending || endpoint.kind === "stream"}>
              {isSending ? "Sending…" : "Send"}
            </button>
            <CopyButton text={curlOf(call, app.value?.url ?? "")} label="Copy as curl" />
          </div>
        </form>
        <AnswerCard answer={answer} failure={failure} />
      </div>
      <Schemas endpoint={endpoint} />
      <CallHistory endpoint={endpoint.id} again={(past) => void send(past.call)} />
    </Page>
  );
}

/** What a form cannot show of an endpoint whose answer does not end. */
function EndlessNote({ kind }: { kind: EndpointAnswer["kind"] }) {
  if (kind !== "stream" && kind !== "sse") return null;
  return (
    <p class="quiet">
      {kind === "stream"
        ? "This endpoint speaks over a WebSocket, which a form cannot open; its messages have the schemas below."
        : "This endpoint sends events until its client leaves; the call shows those of its first moments."}
    </p>
  );
}

function AnswerCard({ answer, failure }: { answer: Answer | null; failure: Failure | null }) {
  return (
    <section class="card" aria-label="Answer">
      <h2>Answer</h2>
      {failure !== null && <Problem failure={failure} />}
      {answer === null ? (
        <p class="quiet">The answer of the app appears here, with the trace of the call.</p>
      ) : (
        <CallAnswer answer={answer} />
      )}
    </section>
  );
}

function firstDraft(endpoint: EndpointAnswer, form: EndpointForm): CallDraft {
  const parts = (fields: EndpointForm["path"]): Draft =>
    Object.fromEntries(fields.map((field) => [field.label, emptyDraft(field)]));
  return {
    method: endpoint.methods[0] ?? "GET",
    path: parts(form.path),
    query: parts(form.query),
    headers: parts(form.headers),
    cookies: parts(form.cookies),
    body: form.body === null ? "" : emptyDraft(form.body),
    moreHeaders: "",
  };
}

function RequestFields({
  endpoint,
  form,
  draft,
  change,
}: {
  endpoint: EndpointAnswer;
  form: EndpointForm;
  draft: CallDraft;
  change: (part: Partial<CallDraft>) => void;
}) {
  const takesText = form.body === null && endpoint.kind === "raw" && !/^(GET|HEAD)$/.test(draft.method);
  return (
    <>
      {endpoint.methods.length > 1 && (
        <label class="field">
          <span>Method</span>
          <select value={draft.method} onChange={(event) => change({ method: event.currentTarget.value })}>
            {endpoint.methods.map((method) => (
              <option key={method}>{method}</option>
            ))}
          </select>
        </label>
      )}
      {(["path", "query", "headers", "cookies"] as const).map(
        (part) =>
          form[part].length > 0 && (
            <fieldset class="group" key={part}>
              <legend>
                {{ path: "Path", query: "Query", headers: "Headers", cookies: "Cookies" }[part]}
              </legend>
              <FieldList
                fields={form[part]}
                draft={draft[part]}
                change={(value) => change({ [part]: value })}
              />
            </fieldset>
          ),
      )}
      {form.body !== null && (
        <FieldControl field={form.body} name="Body" draft={draft.body} change={(body) => change({ body })} />
      )}
      {takesText && (
        <label class="field">
          <span>Body</span>
          <textarea
            rows={5}
            class="mono"
            spellcheck={false}
            value={typeof draft.body === "string" ? draft.body : ""}
            onInput={(event) => change({ body: event.currentTarget.value })}
          />
        </label>
      )}
      <MoreHeaders endpoint={endpoint} draft={draft} change={change} />
    </>
  );
}

function MoreHeaders({
  endpoint,
  draft,
  change,
}: {
  endpoint: EndpointAnswer;
  draft: CallDraft;
  change: (part: Partial<CallDraft>) => void;
}) {
  return (
    <details open={endpoint.auth !== false}>
      <summary>
        {endpoint.auth === false ? "Further headers" : "Further headers, such as authorization"}
      </summary>
      <label class="field">
        <span class="quiet">
          A line each, as in <code>authorization: Bearer …</code>
        </span>
        <textarea
          rows={3}
          class="mono"
          spellcheck={false}
          value={draft.moreHeaders}
          onInput={(event) => change({ moreHeaders: event.currentTarget.value })}
        />
      </label>
    </details>
  );
}

function Faults({ faults }: { faults: readonly DraftFault[] }) {
  if (faults.length === 0) return null;
  return (
    <ul class="notice bad" role="alert">
      {faults.map(({ place, message }) => (
        <li key={place}>
          <strong>{plainText(place === "" ? "body" : place)}</strong> {plainText(message)}
        </li>
      ))}
    </ul>
  );
}

function Schemas({ endpoint }: { endpoint: EndpointAnswer }) {
  const parts = [
    [endpoint.kind === "stream" ? "Messages of the client" : "Request body", endpoint.body],
    [endpoint.kind === "stream" ? "Messages of the app" : "Response", endpoint.response],
  ] as const;
  return (
    <>
      {parts.map(
        ([title, schema]) =>
          schema !== null && (
            <details key={title}>
              <summary>{title} as JSON Schema</summary>
              <Json value={schema} label={`${title} as JSON Schema`} />
            </details>
          ),
      )}
    </>
  );
}
