import type { Manifest } from "@twinloop/compiler";
import { table } from "./table.ts";
import type { DeadLetter, Depth, SubscriptionName as Target } from "@twinloop/pubsub/admin";

/** `topic/subscription`. */
export function nameOf({ topic, subscription }: Target): string {
  return `${topic}/${subscription}`;
}

/** The topics of the app, with who gets their messages. */
export function describeTopics(
  { topics }: Manifest,
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

/** What waits in each subscription. */
export function describeDepths(place: string, depths: readonly (Target & Depth)[]): string {
  if (depths.length === 0) return "the app declares no subscription";
  const rows = depths.map((depth) => [
    nameOf(depth),
    ...[depth.ready, depth.delayed, depth.inFlight, depth.dead].map(String),
    depth.ready === 0 ? "-" : describeAge(depth.oldestMs),
  ]);
  const head = ["subscription", "ready", "delayed", "in flight", "dead", "oldest"];
  return `${place}\n${table(head, rows)}`;
}

/** Dead letters, each with why it is one. */
export function describeDeadLetters(letters: readonly DeadLetter[], limit: number): string {
  if (letters.length === 0) return "no dead letters";
  const texts = letters.map(({ id, reason, attempts, buriedAt, error, stack, body }) => {
    const when = buriedAt.toISOString().slice(0, 19).replace("T", " ");
    const lines = [`${id}  ${reason}  attempts ${attempts}  ${when}`, `error: ${error}`];
    if (stack !== null) lines.push(...stack.split("\n").filter((line) => line.trim().startsWith("at ")));
    lines.push(`body: ${shorten(JSON.stringify(body))}`);
    return lines.map((line, index) => (index === 0 ? line : `    ${line.trim()}`)).join("\n");
  });
  const more = letters.length === limit ? [`more: --after ${letters.at(-1)!.id}`] : [];
  return [...texts, ...more].join("\n");
}

/** `3 min`: how long something has waited, in the largest unit that it fills. */
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

function shorten(text: string): string {
  return text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}… (${text.length} characters)` : text;
}
