/**
 * The plugin for editors: the problems of statements among TypeScript's own.
 *
 * A language service answers at once, so the plugin reads what is kept of the statements, and a process beside the editor asks
 * PostgreSQL for the rest; then the diagnostics are asked for again. Source: TypeScript, "Writing a Language Service Plugin".
 */
import { fork, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type ts from "typescript-6";
import type { Manifest } from "@twinloop/core-native/cli";
import type { FillRequest } from "./filler.ts";
import { keptFindings } from "./kept-findings.ts";

/** The number that TypeScript's diagnostics want; theirs end far below. */
const CODE = 990_001;
const FILLER = fileURLToPath(new URL("./filler.js", import.meta.url));

/** What TypeScript's server hands to a plugin. */
interface PluginInfo {
  readonly languageService: ts.LanguageService;
  readonly project: { refreshDiagnostics?(): void };
}

/** Makes the plugin with the TypeScript of the editor. */
export function init({ typescript }: { readonly typescript: typeof ts }): {
  create(info: PluginInfo): ts.LanguageService;
} {
  return {
    create(info) {
      const { languageService } = info;
      const fillers = new Fillers(() => info.project.refreshDiagnostics?.());
      const getSemanticDiagnostics = (path: string): ts.Diagnostic[] => [
        ...languageService.getSemanticDiagnostics(path),
        ...ofStatements(typescript, languageService, fillers, path),
      ];
      const dispose = (): void => {
        fillers.close();
        languageService.dispose();
      };
      return Object.assign(Object.create(languageService) as ts.LanguageService, {
        getSemanticDiagnostics,
        dispose,
      });
    },
  };
}

function ofStatements(
  typescript: typeof ts,
  languageService: ts.LanguageService,
  fillers: Fillers,
  path: string,
): ts.Diagnostic[] {
  const program = languageService.getProgram();
  const file = program?.getSourceFile(path);
  const root = appOf(path);
  if (program === undefined || file === undefined || root === undefined) return [];
  try {
    const { findings, missing } = keptFindings(typescript, program, {
      root,
      file,
      manifest: manifestOf(root),
    });
    for (const request of missing) fillers.ask(request);
    return findings.map(({ place: { start, end }, message, hint }) => ({
      ...{ file, start, length: end - start },
      messageText: hint === undefined ? message : `${message}\n${hint}`,
      category: typescript.DiagnosticCategory.Error,
      code: CODE,
      source: "twinloop",
    }));
  } catch {
    // An editor keeps its other diagnostics, whatever state the sources are in.
    return [];
  }
}

/** The folder of the app that a file belongs to: the nearest one above with a built manifest. */
function appOf(path: string): string | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(manifestIn(folder))) return folder;
  return undefined;
}

function manifestIn(root: string): string {
  return join(root, ".twinloop", "manifest.json");
}

function manifestOf(root: string): Manifest {
  return JSON.parse(readFileSync(manifestIn(root), "utf8")) as Manifest;
}

/** The processes that ask PostgreSQL, one for each app; a text that was asked for is not asked for again. */
class Fillers {
  readonly #onFilled: () => void;
  readonly #children = new Map<string, ChildProcess>();
  readonly #asked = new Set<string>();

  constructor(onFilled: () => void) {
    this.#onFilled = onFilled;
  }

  ask(request: FillRequest & { readonly state: string }): void {
    const key = JSON.stringify([request.state, request.texts]);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.#childOf(request.model.root).send(request);
  }

  close(): void {
    for (const child of this.#children.values()) if (child.connected) child.disconnect();
    this.#children.clear();
  }

  #childOf(root: string): ChildProcess {
    const known = this.#children.get(root);
    if (known?.connected === true) return known;
    const child = fork(FILLER, [root], { stdio: "ignore", execArgv: [] });
    child.on("message", ({ isFilled }: { isFilled: boolean }) => {
      if (isFilled) this.#onFilled();
    });
    // Without it the next question is not put either: the command says what is wrong.
    child.on("error", () => undefined);
    child.unref();
    child.channel?.unref();
    this.#children.set(root, child);
    return child;
  }
}
