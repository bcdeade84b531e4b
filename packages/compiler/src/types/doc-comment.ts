import { parse, tokenizers } from "comment-parser";
import type { DocTags } from "@twinloop/core-native/build-time";

/** What a doc comment says, as far as the manifest keeps it. */
export interface Documented {
  doc?: string;
  docTags?: DocTags;
}

/**
 * Reads the doc comment that stands directly before a place of a text: `/** … *\/`, with line comments between allowed.
 *
 * Shape:  a source's text and the start of a declaration -> its text without tags, and the tags that documents repeat; `{}` without
 *         a comment. `@remarks` is part of the text, and `{@link name}` is `name`.
 * Source: TSDoc, "Tag kinds".
 */
export function docBefore(text: string, start: number): Documented {
  const comment = commentBefore(text, start);
  if (comment === null) return {};
  const [block] = parse(comment, {
    spacing: "preserve",
    tokenizers: [tokenizers.tag(), tokenizers.description("preserve")],
  });
  if (block === undefined) return {};
  const tags = block.tags.map(({ tag, description }) => ({ tag, text: description.trim() }));
  const remarks = tags.filter(({ tag }) => tag === "remarks").map(({ text: remark }) => remark);
  const doc = plain([block.description.trim(), ...remarks].filter((one) => one !== "").join("\n\n"));
  const docTags = tagsOf(tags);
  return {
    ...(doc === "" ? {} : { doc }),
    ...(Object.keys(docTags).length === 0 ? {} : { docTags }),
  };
}

/** Only the tags of a doc comment; the text is read by TypeScript. */
function tagsOf(tags: readonly { tag: string; text: string }[]): DocTags {
  const found: DocTags = {};
  for (const { tag, text } of tags) {
    if (tag === "deprecated") found.deprecated = plain(text);
    else if (tag === "example") found.examples = [...(found.examples ?? []), withoutFence(text)];
    else if (tag === "default" || tag === "defaultValue") found.default = withoutFence(text);
    else if (tag === "summary") found.summary = plain(text);
    else if (tag === "operationId") found.operationId = text;
    else if (tag === "hidden" || tag === "internal") found.hidden = true;
  }
  return found;
}

function commentBefore(text: string, start: number): string | null {
  let end = start;
  for (;;) {
    while (end > 0 && /\s/.test(text[end - 1]!)) end--;
    const line = text.lastIndexOf("\n", end - 1) + 1;
    if (end === 0 || !text.slice(line, end).trimStart().startsWith("//")) break;
    end = line;
  }
  if (!text.endsWith("*/", end)) return null;
  const open = text.lastIndexOf("/*", end - 2);
  const comment = text.slice(open, end);
  return comment.startsWith("/**") && comment.length > 4 ? comment : null;
}

/** A text with its inline links replaced by what they name. */
function plain(text: string): string {
  return text.replace(
    /\{@link(?:code|plain)?\s+([^}|]*?)(?:\s*\|\s*([^}]*))?\}/g,
    (_, to: string, label?: string) => (label ?? to).trim(),
  );
}

function withoutFence(text: string): string {
  const fenced = /^```\w*\r?\n([^]*?)\r?\n```$/.exec(text) ?? /^`([^`]*)`$/.exec(text);
  return (fenced?.[1] ?? text).trim();
}
