import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { root } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";
import { APP, STEPS } from "./session.mjs";

/** The file of the recording. */
export const CAST = join(root, "docs/session.cast");

const SIZE = { width: 100, height: 30 };
/** The pause between two keys, and the longest wait that the recording keeps: what the machine takes longer is cut. */
const KEY_MS = 25;
const LONGEST_WAIT_MS = 1_200;

/**
 * A terminal that is recorded while it is typed into. Nothing is written by hand: what stands in the recording was printed.
 */
class RecordedTerminal {
  /** @type {[seconds: number, kind: "o", text: string][]} */
  events = [];
  #text = "";
  #seconds = 0;
  #last = performance.now();
  #longest = LONGEST_WAIT_MS;
  #child;

  /** @param {string} folder */
  constructor(folder) {
    // `script` gives the shell a terminal.
    this.#child = spawn("script", ["-qfec", "bash --norc --noprofile -i", "/dev/null"], {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        PS1: "$ ",
        TERM: "xterm-256color",
        NO_COLOR: "1",
        LANG: "C.UTF-8",
      },
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text) => this.#record(text));
  }

  /** @param {string} text */
  #record(text) {
    const now = performance.now();
    this.#seconds += Math.min(now - this.#last, this.#longest) / 1_000;
    this.#last = now;
    this.#text += text;
    this.events.push([Number(this.#seconds.toFixed(3)), "o", text]);
  }

  /** Waits for the first prompt. */
  async prompted() {
    while (!this.#text.includes("$ ")) await wait(20);
  }

  /** Forgets what was printed so far, as after setting the terminal up. */
  begin() {
    this.events = [[0, "o", "$ "]];
    this.#seconds = 0;
    this.#last = performance.now();
  }

  /** Types a line, key by key, and waits for what it must print. @param {import("./session.mjs").Step} step */
  async type({ type, until, pauseMs = 0 }) {
    for (const key of type) {
      this.#child.stdin.write(key);
      await wait(KEY_MS);
    }
    this.#text = "";
    this.#child.stdin.write("\r");
    const deadline = performance.now() + 60_000;
    while (!until.test(plain(this.#text))) {
      if (performance.now() > deadline)
        throw new Problem(`\`${type}\` never printed ${until}; it printed:\n${this.#text}`);
      await wait(20);
    }
    await wait(300);
    this.#longest = Math.max(pauseMs, LONGEST_WAIT_MS);
    await wait(pauseMs);
    this.#record("");
    this.#longest = LONGEST_WAIT_MS;
  }

  /** Ends the shell, and what it may still run. */
  async end() {
    this.#child.stdout.removeAllListeners("data").resume();
    this.#child.stdin.end("kill %1; exit\r");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await once(this.#child, "close");
    clearTimeout(late);
  }
}

/** Text without the sequences that colour it and move the cursor. @param {string} text */
function plain(text) {
  return stripVTControlCharacters(text);
}

/** Makes a folder with the app of the session and the packages of this checkout. @returns {string} */
function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-session-"));
  mkdirSync(join(folder, "src"));
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(root, "apps/docs/node_modules/@twinloop"), join(folder, "node_modules/@twinloop"));
  const command = `#!/bin/sh\nexec node ${join(root, "packages/cli/dist/main.js")} "$@"\n`;
  writeFileSync(join(folder, "node_modules/.bin/twinloop"), command, { mode: 0o755 });
  mkdirSync(join(folder, "node_modules/@types"));
  cpSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"), {
    recursive: true,
    dereference: true,
  });
  const compilerOptions = {
    target: "ES2023",
    module: "NodeNext",
    strict: true,
    noEmit: true,
    types: ["node"],
    skipLibCheck: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "links", type: "module", scripts: { dev: "twinloop dev" } }),
  );
  writeFileSync(join(folder, "src/app.ts"), APP);
  return folder;
}

/**
 * Records the session of the README into `docs/session.cast`, in the format of asciinema, version 2. Port 4000 must be free, and
 * `script`, `curl` and `jq` be there, and the checkout built (`npm run build`).
 *
 * @returns {Promise<void>}
 */
export async function recordSession() {
  const folder = makeFolder();
  const terminal = new RecordedTerminal(folder);
  try {
    await terminal.prompted();
    await terminal.type({
      type: `stty cols ${SIZE.width} rows ${SIZE.height}; set +m; bind 'set enable-bracketed-paste off'; clear`,
      until: /\$ $/,
    });
    terminal.begin();
    for (const step of STEPS) await terminal.type(step);
  } finally {
    await terminal.end();
    rmSync(folder, { recursive: true, force: true });
  }
  const header = {
    version: 2,
    ...SIZE,
    title: "Twinloop: types that hold at run time",
    env: { TERM: "xterm-256color" },
  };
  const lines = [header, ...terminal.events.filter(([, , text]) => text !== "")].map((each) =>
    JSON.stringify(each),
  );
  writeFileSync(CAST, `${lines.join("\n")}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await recordSession();
