import { plainText } from "../text/plain-text.ts";

/** The first words of a doc comment, with what stands in backticks as code. */
export function DocText({ text }: { text: string }) {
  return (
    <>
      {plainText(text)
        .split(/`([^`]+)`/)
        .map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}
    </>
  );
}
