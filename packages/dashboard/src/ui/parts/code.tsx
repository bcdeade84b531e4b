import { prettyJson, plainText } from "../text/plain-text.ts";

/** A foreign text in a box that scrolls on its own: as text, whatever it holds. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <pre class="code" role="region" tabIndex={0} aria-label={label}>
      <code>{plainText(text)}</code>
    </pre>
  );
}

/** A JSON value on several lines; a text that is no JSON as it is. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return (
    <pre class="code" role="region" tabIndex={0} aria-label={label}>
      <code>{prettyJson(value)}</code>
    </pre>
  );
}
