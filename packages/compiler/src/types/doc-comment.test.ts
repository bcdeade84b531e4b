import { expect, test } from "vitest";
import { docBefore } from "./doc-comment.ts";

const read = (text: string): object => docBefore(text, text.indexOf("here"));

test("a comment directly before a declaration documents it, and one further away does not", () => {
  expect(read("/** A link. */ here")).toEqual({ doc: "A link." });
  expect(read("/** A link. */\n// a note\nhere")).toEqual({ doc: "A link." });
  expect(read("/** A link. */\nother();\nhere")).toEqual({});
  expect(read("/* A link. */ here")).toEqual({});
  expect(read("here")).toEqual({});
});

test("lines lose their stars, and links become what they name", () => {
  const text = "/**\n * See {@link Page} and {@link Link | a link}.\n *\n * More.\n */\nhere";
  expect(read(text)).toEqual({ doc: "See Page and a link.\n\nMore." });
});

test("tags are kept apart, remarks join the text", () => {
  const text = `/**
   * A name.
   * @remarks In small letters.
   * @example { "a": [1] }
   * @example
   * \`\`\`json
   * "x"
   * \`\`\`
   * @default 3
   * @deprecated call {@link other}
   * @summary Short
   * @operationId naming
   * @internal
   * @see nothing
   */
  here`;
  expect(read(text)).toEqual({
    doc: "A name.\n\nIn small letters.",
    docTags: {
      examples: ['{ "a": [1] }', '"x"'],
      default: "3",
      deprecated: "call other",
      summary: "Short",
      operationId: "naming",
      hidden: true,
    },
  });
});
