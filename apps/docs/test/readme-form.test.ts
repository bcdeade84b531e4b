import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PACKAGES = fileURLToPath(new URL("../../../packages", import.meta.url));

/** The last lines at which a reader must have met the program: the first screen or two. */
const FIRST_LINES = 60;

test.each(readdirSync(PACKAGES))(
  "the README of %s says what it is, shows it at once, and says its limits",
  (room) => {
    const text = readFileSync(join(PACKAGES, room, "README.md"), "utf8");
    const { name } = JSON.parse(readFileSync(join(PACKAGES, room, "package.json"), "utf8")) as {
      name: string;
    };
    const [title, empty, sentence = ""] = text.split("\n");
    expect([title, empty]).toEqual([`# ${name}`, ""]);
    expect(sentence.length).toBeGreaterThan(30);
    expect(text.split("\n").slice(0, FIRST_LINES).join("\n")).toMatch(/^```/m);
    expect(text).toMatch(/^## Limits$|^\*\*Limits\.\*\*/m);
  },
);
