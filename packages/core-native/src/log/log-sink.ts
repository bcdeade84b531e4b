type Redact = (line: string) => string;

/** The part of a writable stream that the sink uses; `process.stdout` has it. */
export interface LineStream {
  write(text: string, done?: () => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Writes log lines to a stream, by default standard output, after all redactors have seen them. */
export class LogSink {
  readonly #open: () => LineStream;
  readonly #redactors = new Set<Redact>();
  #stream: LineStream | undefined;
  #broken = false;

  constructor(open: () => LineStream = () => process.stdout) {
    this.#open = open;
  }

  write(line: string): void {
    if (this.#broken) return;
    this.#target().write(this.redacted(line));
  }

  /** A line after all redactors have seen it. */
  redacted(line: string): string {
    return this.#redactors.size === 0 ? line : this.#redacted(line);
  }

  addRedactor(redact: Redact): () => void {
    // Wrapped, so that adding one function twice and removing it once leaves one.
    const own: Redact = (line) => redact(line);
    this.#redactors.add(own);
    return () => this.#redactors.delete(own);
  }

  flush(): Promise<void> {
    if (this.#broken || this.#stream === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#target().write("", () => resolve()));
  }

  #target(): LineStream {
    if (this.#stream) return this.#stream;
    this.#stream = this.#open();
    // The reader of the log may go away (a closed pipe); that must not end the process it listened to.
    this.#stream.on("error", () => {
      this.#broken = true;
    });
    return this.#stream;
  }

  #redacted(line: string): string {
    try {
      let text = line;
      for (const redact of this.#redactors) text = String(redact(text));
      return text;
    } catch {
      return `{"level":50,"time":${Date.now()},"msg":"withheld a log line: its redactor failed"}\n`;
    }
  }
}
