import { readFileSync } from "node:fs";

/** A command of a README page, and what the page shows below it. */
export interface ShownCommand {
  readonly command: string;
  /** `…` stands for any text within a line, and for any lines where it is alone on one. */
  readonly shows: string;
}

/** A fence of the language `console`, whose commands are run in their order. */
export interface ConsoleFence {
  readonly kind: "console";
  readonly commands: readonly ShownCommand[];
  /** Whether a command is repeated until it answers as shown. */
  readonly eventually: boolean;
  /** How the program ends before, to be started again; `undefined` where it goes on. */
  readonly ends: "stopped" | "killed" | undefined;
}

/** A fence of the language `text`: lines of which each occurs in what the program itself prints. */
export interface OutputFence {
  readonly kind: "output";
  readonly lines: readonly string[];
}

/** The README page of an example. */
export interface Page {
  readonly title: string;
  readonly text: string;
  readonly fences: readonly (ConsoleFence | OutputFence)[];
}

/** Reads the README page of an example. */
export function readPage(file: string): Page {
  const text = readFileSync(file, "utf8");
  const fences = [...text.matchAll(/^```(console|text)(.*)\n([^]*?)^```$/gm)].map(
    ([, kind, words = "", inside = ""]) =>
      kind === "text"
        ? ({ kind: "output", lines: inside.trimEnd().split("\n") } as const)
        : consoleFence(words, inside),
  );
  return { title: /^# (.+)$/m.exec(text)?.[1] ?? "", text, fences };
}

function consoleFence(words: string, inside: string): ConsoleFence {
  const parts = inside.split(/^\$ /m).slice(1);
  const commands = parts.map((part) => {
    const [command = "", ...shown] = part.split("\n");
    return { command, shows: shown.join("\n").trimEnd() };
  });
  return {
    kind: "console",
    commands,
    eventually: /\beventually\b/.test(words),
    ends: /\bcrash\b/.test(words) ? "killed" : /\brestart\b/.test(words) ? "stopped" : undefined,
  };
}

/** Whether an output is what a page shows; blanks at line ends do not count. */
export function isAsShown(output: string, shows: string): boolean {
  const pattern = shows
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/^…\n/gm, "(?:.*\\n)*?")
    .replaceAll(/\n…$/g, "(?:\\n.*)*")
    .replaceAll("…", ".*");
  return new RegExp(`^${withoutBlanks(pattern)}$`).test(withoutBlanks(output));
}

function withoutBlanks(text: string): string {
  return text.trimEnd().replaceAll(/[ \r]+$/gm, "");
}
