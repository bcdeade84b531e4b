import type { AppTopics } from "./app-topics.ts";
import { table } from "@twinloop/core-native/cli";
import { nameOf } from "./topics-target.ts";
import type { Standing } from "../standing.ts";
import type { DeadLetter, DeadLetterCounts, PendingMessage, SubscriptionName as Target } from "../admin.ts";

/** Formats the topics of the app with their subscriptions. */
export function describeTopics(
  { topics }: AppTopics,
  targets: readonly Target[],
): { readonly value: unknown; readonly text: string } {
  const value = topics.map(({ name, file, line, doc }) => ({
    topic: name,
    subscriptions: targets.filter(({ topic }) => topic === name).map(({ subscription }) => subscription),
    at: `${file}:${line}`,
    ...(doc === undefined ? {} : { doc }),
  }));
  if (value.length === 0) return { value, text: "the app declares no topic" };
  const rows = value.map(({ topic, subscriptions, at }) => [topic, subscriptions.join(", ") || "-", at]);
  return { value, text: table(["topic", "subscriptions", "declared at"], rows) };
}

/** Formats the numbers of messages of each subscription. */
export function describeDepths(place: string, depths: readonly Standing[]): string {
  if (depths.length === 0) return `${place}\nneither the app nor the broker has a subscription`;
  const hasMarks = depths.some((depth) => marksOf(depth) !== "");
  const rows = depths.map((depth) => [
    nameOf(depth),
    ...[depth.ready, depth.delayed, depth.inFlight, depth.dead].map(String),
    depth.ready === 0 ? "-" : describeAge(depth.oldestMs),
    ...(hasMarks ? [marksOf(depth)] : []),
  ]);
  const head = ["subscription", "ready", "delayed", "in flight", "dead", "oldest"];
  return `${place}\n${table(hasMarks ? [...head, ""] : head, rows)}`;
}

/** Formats the state of a subscription beside its numbers: paused, expired, not served, not in the app. */
function marksOf({ isInApp, isPaused, isExpired, isServed, servedMsAgo }: Standing): string {
  const marks = [];
  if (isPaused) marks.push("PAUSED");
  if (!isInApp) {
    const since = servedMsAgo === null || isServed ? "" : `, served ${describeAge(servedMsAgo)} ago`;
    marks.push(`NOT IN THE APP${since}`);
  }
  if (isExpired) marks.push("gets no more copies");
  return marks.join("; ");
}

/** Formats messages that are not done: state, holder, what else the broker knows of them, and the body of each. */
export function describePending(messages: readonly PendingMessage[], limit: number, isFull: boolean): string {
  if (messages.length === 0) return "nothing waits";
  const texts = messages.map((message) => {
    const { id, state, ageMs, attempts, dueAt, expiresAt, holder, heldSince, body } = message;
    const due = dueAt === null ? "" : `  due ${stamp(dueAt)}`;
    const held = heldSince === null ? "" : ` since ${stamp(heldSince)}`;
    const by = holder === null && heldSince === null ? "" : `  with ${holder ?? "a process"}${held}`;
    const head = `${id}  ${state.replace("_", " ")}  age ${describeAge(ageMs)}  attempts ${attempts}${due}${by}`;
    const expires = expiresAt === null ? "" : `  expires ${stamp(expiresAt)}`;
    return `${head}${propertiesOf(message)}${expires}\n    body: ${shorten(JSON.stringify(body), isFull)}`;
  });
  const more = messages.length === limit ? [`there may be more: --limit ${limit * 10}`] : [];
  return [...texts, ...more].join("\n");
}

/** What a message has beside its state: keys, and a priority that is not the default. */
function propertiesOf({ key, priority, uniqueKey }: PendingMessage): string {
  const marks = [
    key === null ? "" : `  key ${JSON.stringify(key)}`,
    priority === 0 ? "" : `  priority ${priority}`,
    uniqueKey === null ? "" : `  unique key ${JSON.stringify(uniqueKey)}`,
  ];
  return marks.join("");
}

/** Formats the numbers of dead letters by reason and error. */
export function describeCounts({ reasons, errors }: DeadLetterCounts): string {
  const all = Object.entries(reasons);
  if (all.length === 0) return "no dead letters";
  const byReason = table(
    ["reason", "dead"],
    all.map(([reason, count]) => [reason, String(count)]),
  );
  const byError = table(
    ["dead", "error"],
    errors.map(({ error, count }) => [String(count), error]),
  );
  return `${byReason}\n\n${byError}`;
}

function stamp(time: Date): string {
  return time.toISOString().slice(0, 19).replace("T", " ");
}

/** Formats dead letters with their reasons. */
export function describeDeadLetters(letters: readonly DeadLetter[], limit: number, isFull = false): string {
  if (letters.length === 0) return "no dead letters";
  const texts = letters.map(({ id, reason, attempts, buriedAt, error, stack, body }) => {
    const when = stamp(buriedAt);
    const lines = [`${id}  ${reason}  attempts ${attempts}  ${when}`, `error: ${error}`];
    if (stack !== null) lines.push(...stack.split("\n").filter((line) => line.trim().startsWith("at ")));
    lines.push(`body: ${shorten(JSON.stringify(body), isFull)}`);
    return lines.map((line, index) => (index === 0 ? line : `    ${line.trim()}`)).join("\n");
  });
  const more = letters.length === limit ? [`more: --after ${letters.at(-1)!.id}`] : [];
  return [...texts, ...more].join("\n");
}

/** Formats an age in its largest whole unit, such as `3 min`. */
export function describeAge(milliseconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1000],
  ];
  const [unit, size] = units.find(([, size]) => milliseconds >= size) ?? ["ms", 1];
  return `${Math.floor(milliseconds / size)} ${unit}`;
}

const MAX_BODY = 200;

function shorten(text: string, isFull: boolean): string {
  return !isFull && text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}… (${text.length} characters)` : text;
}
