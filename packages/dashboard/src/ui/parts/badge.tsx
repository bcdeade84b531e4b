import type { ComponentChildren } from "preact";

/** A short word about a state; the colour says nothing that the word does not. */
export function Badge({
  tone = "plain",
  children,
}: {
  tone?: "plain" | "bad" | "warn" | "good";
  children: ComponentChildren;
}) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
