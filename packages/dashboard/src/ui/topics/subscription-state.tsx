import type { AskTools } from "../../contract.ts";
import { ask } from "../admin/http.ts";
import { ActionButton } from "../parts/action-button.tsx";
import { Badge } from "../parts/badge.tsx";

/** A subscription, as `topics.list` tells of it. */
export type ListedSubscription = AskTools["topics.list"]["value"]["subscriptions"][number];

/** Whether a subscription is paused, served, or waits for a process that serves it. */
export function SubscriptionState({ one }: { one: ListedSubscription }) {
  if (one.isPaused) return <Badge tone="warn">paused</Badge>;
  return one.isServed ? <Badge tone="good">served</Badge> : <Badge>not served</Badge>;
}

/** Pauses a subscription in all processes, or ends the pause. */
export function PauseButton({ one, reload }: { one: ListedSubscription; reload: () => void }) {
  const { topic, subscription, isPaused } = one;
  return (
    <ActionButton
      label={isPaused ? "Resume" : "Pause"}
      about={subscription}
      act={async () => {
        await ask(isPaused ? "topics.resume" : "topics.pause", { topic, subscription });
        return isPaused ? "Resumed." : "Paused.";
      }}
      done={reload}
    />
  );
}
