import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type ts from "typescript-6";
import { isStrictByDefault, olderDefaults } from "./app-typescript.ts";
import { tsconfigChain, withoutTsconfig } from "./tsconfig.ts";
import type { AppSources } from "./type-source.ts";
import { typescript6 } from "./typescript6-module.ts";

/** The options of every program, whatever the app's tsconfig sets. */
const overrides: ts.CompilerOptions = {
  // `string | null` must keep its null even in an app that compiles without strictness.
  strictNullChecks: true,
  // The order of union members and mapped keys must not depend on the order of checking.
  stableTypeOrdering: true,
  noEmit: true,
  skipLibCheck: true,
  incremental: false,
  composite: false,
  declaration: false,
  allowImportingTsExtensions: true,
};

/** A TypeScript 6 program that is updated with changed files. */
export class Program6 {
  readonly #ts = typescript6();
  readonly #root: string;
  readonly #tsconfig: string | null;
  readonly #entry: string | undefined;
  readonly #sources = new Map<string, ts.SourceFile | undefined>();
  #config: ts.ParsedCommandLine;
  #ownOptions: ts.CompilerOptions = {};
  #host: ts.CompilerHost;
  #program: ts.Program;

  constructor({ root, tsconfig, entry }: AppSources) {
    this.#root = root;
    this.#tsconfig = tsconfig;
    this.#entry = entry;
    this.#config = this.#readConfig();
    this.#host = this.#createHost();
    this.#program = this.#createProgram(undefined);
  }

  get program(): ts.Program {
    return this.#program;
  }

  /** The program of the same files with the app's own strictness, for the type check. */
  asConfigured(): ts.Program {
    const { fileNames, options } = this.#config;
    const { strict = isStrictByDefault(this.#root), strictNullChecks } = this.#ownOptions;
    if (strict && strictNullChecks !== false) return this.#program;
    const { strictNullChecks: _, ...rest } = options;
    const own = { ...rest, strict, ...(strictNullChecks === undefined ? {} : { strictNullChecks }) };
    return this.#ts.createProgram({ rootNames: fileNames, options: own, host: this.#host });
  }

  get configurationErrors(): string[] {
    return this.#config.errors.map((error) => this.#ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  }

  get configurationFiles(): string[] {
    return this.#tsconfig === null ? [] : tsconfigChain(this.#tsconfig);
  }

  update(changed: readonly string[] | null): void {
    if (changed === null || changed.some((path) => !this.#sources.has(path) || !existsSync(path))) {
      this.#renew();
      return;
    }
    for (const path of changed) this.#sources.delete(path);
    this.#program = this.#createProgram(this.#program);
  }

  /** Rebuilds everything but the unchanged texts, after a file was added or removed or the change is unknown. */
  #renew(): void {
    for (const [path, source] of this.#sources) {
      if (source === undefined || readText(path) !== source.text) this.#sources.delete(path);
    }
    this.#config = this.#readConfig();
    this.#host = this.#createHost();
    this.#program = this.#createProgram(undefined);
  }

  #createProgram(oldProgram: ts.Program | undefined): ts.Program {
    const { fileNames, options } = this.#config;
    return this.#ts.createProgram({
      rootNames: fileNames,
      options,
      host: this.#host,
      ...(oldProgram === undefined ? {} : { oldProgram }),
    });
  }

  #createHost(): ts.CompilerHost {
    const host = this.#ts.createCompilerHost(this.#config.options, true);
    host.getSourceFile = (path, languageVersionOrOptions): ts.SourceFile | undefined => {
      if (this.#sources.has(path)) return this.#sources.get(path);
      const text = readText(path);
      const source =
        text === null ? undefined : this.#ts.createSourceFile(path, text, languageVersionOrOptions, true);
      this.#sources.set(path, source);
      return source;
    };
    return host;
  }

  #readConfig(): ts.ParsedCommandLine {
    if (this.#tsconfig === null) {
      return this.#parse(withoutTsconfig("."), this.#root);
    }
    const { config, error } = this.#ts.readConfigFile(this.#tsconfig, (path) => this.#ts.sys.readFile(path));
    const parsed = this.#parse((config ?? {}) as object, dirname(this.#tsconfig));
    return error === undefined ? parsed : { ...parsed, errors: [error, ...parsed.errors] };
  }

  #parse(json: object, folder: string): ts.ParsedCommandLine {
    const name = this.#tsconfig ?? join(folder, "tsconfig.json");
    const parsed = this.#ts.parseJsonConfigFileContent(json, this.#ts.sys, folder, {}, name);
    // "No inputs were found" is reported as the absence of sources, with a hint of its own.
    this.#ownOptions = parsed.options;
    const errors = parsed.errors.filter((error) => error.code !== 18003 && error.code !== 18002);
    const options = { ...parsed.options, ...olderDefaults(this.#root, parsed.options), ...overrides };
    const entries = this.#entry === undefined || parsed.fileNames.includes(this.#entry) ? [] : [this.#entry];
    return { ...parsed, fileNames: [...parsed.fileNames, ...entries], errors, options };
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
