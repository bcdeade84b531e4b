import { useState } from "preact/hooks";
import { ask } from "../admin/http.ts";
import { ActionButton } from "../parts/action-button.tsx";
import { Loaded } from "../parts/notices.tsx";
import { Page, Section } from "../parts/page.tsx";
import { instantCell, Records, type Column } from "../parts/records.tsx";
import { useAsked } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { cellText, plainText } from "../text/plain-text.ts";
import { counted, duration, whole } from "../text/quantity.ts";
import { PauseButton, SubscriptionState, type ListedSubscription } from "./subscription-state.tsx";

const WAITING: readonly Column[] = [
  { name: "publishedAt", title: "Published", read: (row) => instantCell(row["publishedAt"]) },
  { name: "state", title: "State", read: (row) => cellText(row["state"] ?? "").replace("_", " ") },
  { name: "dueAt", title: "Due", read: (row) => instantCell(row["dueAt"]) },
  { name: "priority", title: "Priority" },
  { name: "attempts", title: "Attempts" },
  { name: "key", title: "Key", read: (row) => cellText(row["key"] ?? row["uniqueKey"] ?? "") },
  { name: "body", title: "Message" },
];

const DEAD: readonly Column[] = [
  { name: "buriedAt", title: "Given up", read: (row) => instantCell(row["buriedAt"]) },
  { name: "reason", title: "Reason", read: (row) => cellText(row["reason"] ?? "").replace("_", " ") },
  { name: "attempts", title: "Attempts" },
  { name: "error", title: "Last error" },
  { name: "body", title: "Message" },
];

/** One subscription: what waits, and what was given up, which can be put back. */
export function SubscriptionPage({ one, reload }: { one: ListedSubscription; reload: () => void }) {
  const { topic, subscription } = one;
  const name = { topic, subscription };
  const waiting = useAsked("topics.peek", { ...name, limit: 50 });
  return (
    <Page
      title={`${plainText(topic)} → ${plainText(subscription)}`}
      back={{ href: linkTo("topics"), label: "Topics" }}
      lead={
        <>
          <SubscriptionState one={one} /> {counted(one.ready, "ready", "ready")} · {whole(one.delayed)}{" "}
          delayed · {whole(one.inFlight)} in flight · {counted(one.dead, "dead letter")}
          {one.oldestMs !== null && one.ready > 0 && ` · the oldest waits for ${duration(one.oldestMs)}`}
        </>
      }
      actions={<PauseButton one={one} reload={reload} />}
    >
      <Section
        title="Waiting messages"
        actions={
          <button type="button" onClick={waiting.reload}>
            Look again
          </button>
        }
      >
        <Loaded polled={waiting}>
          {(rows) =>
            rows.length === 0 ? (
              <p class="quiet">No message waits.</p>
            ) : (
              <Records label="Waiting messages" rows={rows} columns={WAITING} />
            )
          }
        </Loaded>
      </Section>
      <DeadLetters one={one} reload={reload} />
    </Page>
  );
}

function DeadLetters({ one, reload }: { one: ListedSubscription; reload: () => void }) {
  const { topic, subscription } = one;
  const [after, setAfter] = useState<readonly string[]>([]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const last = after.at(-1);
  const letters = useAsked("topics.dead", {
    topic,
    subscription,
    limit: 50,
    ...(last === undefined ? {} : { after: last }),
  });
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const done = (): void => {
    setChosen(new Set());
    letters.reload();
    reload();
  };
  const lastId = letters.value?.at(-1)?.["id"];
  return (
    <Section title="Dead letters" actions={<RedriveButtons one={one} chosen={chosen} done={done} />}>
      <Loaded polled={letters}>
        {(rows) =>
          rows.length === 0 ? (
            <p class="quiet">No message was given up{after.length > 0 ? " after these" : ""}.</p>
          ) : (
            <Records label="Dead letters" rows={rows} columns={DEAD} pick={{ chosen, toggle }} />
          )
        }
      </Loaded>
      <div class="actions">
        {after.length > 0 && (
          <button type="button" onClick={() => setAfter(after.slice(0, -1))}>
            Previous
          </button>
        )}
        {(letters.value?.length ?? 0) === 50 && typeof lastId === "string" && (
          <button type="button" onClick={() => setAfter([...after, lastId])}>
            Next
          </button>
        )}
      </div>
    </Section>
  );
}

function RedriveButtons({
  one,
  chosen,
  done,
}: {
  one: ListedSubscription;
  chosen: ReadonlySet<string>;
  done: () => void;
}) {
  const { topic, subscription, dead } = one;
  const redrive = async (ids?: readonly string[]): Promise<string> => {
    const { count } = await ask("topics.redrive", {
      topic,
      subscription,
      ...(ids === undefined ? {} : { ids }),
    });
    return `${counted(count, "message was", "messages were")} put back.`;
  };
  return (
    <>
      <ActionButton
        label={`Redrive picked (${chosen.size})`}
        isDisabled={chosen.size === 0}
        act={() => redrive([...chosen])}
        done={done}
      />
      <ActionButton
        label="Redrive all"
        isDisabled={dead === 0}
        confirm={`Put back ${counted(dead, "message")}?`}
        act={() => redrive()}
        done={done}
      />
    </>
  );
}
