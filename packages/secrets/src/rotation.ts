import { announceRotation, secretStore, type Problem } from "@twinloop/core-native/internal";
import { appMeta, log } from "@twinloop/core-native";
import { changes, listen, refresh, unlisten, type News, type Numbered } from "./native.ts";
import { places } from "./places.ts";
import { askProviders, providers } from "./provider.ts";
import { names, secrets } from "./registry.ts";

/**
 * Follows changes of secrets while the app runs.
 *
 * Rust reads the places again and tells each isolate of new values. The main isolate checks a candidate with all schemas
 * of its name and puts it into use or drops it; each isolate then calls its listeners and `onChange`.
 */
export class Rotation {
  readonly #refreshMs: number;
  #timer: NodeJS.Timeout | undefined;
  #following: Promise<void> | undefined;
  #stopped = false;
  /** The last warning about providers that do not answer; empty when all answer. */
  #silent = "";

  constructor(refreshMs: number) {
    this.#refreshMs = refreshMs;
  }

  /**
   * Begins to follow. The main isolate alone watches the places and asks the providers, every `refreshMs`; workers
   * wait for news.
   */
  async start(): Promise<void> {
    const watched = { names: names(), sources: places(), refreshMs: this.#refreshMs };
    const { isMainIsolate } = appMeta();
    const since = await listen(isMainIsolate ? watched : null);
    this.#following = this.#follow(since);
    if (isMainIsolate && providers.length > 0 && this.#refreshMs > 0) this.#schedule();
  }

  /** Ends the following; resolves when the last news has been acted on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await unlisten();
    await this.#following;
  }

  /** Reads all places and providers again now; changed values are in use a moment later. */
  async refresh(): Promise<void> {
    await Promise.all([refresh(), this.#askProviders()]);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      void this.#askProviders().finally(() => {
        if (!this.#stopped) this.#schedule();
      });
    }, this.#refreshMs);
    // The timer must not keep the process alive; what the app runs does.
    this.#timer.unref();
  }

  async #askProviders(): Promise<void> {
    if (providers.length === 0) return;
    const loaded = secretStore.load(names(), places(), false);
    const theirs = loaded.filter(({ origin }) => origin === null || origin.startsWith("provider "));
    const { problems } = await askProviders(theirs.map(({ name }) => name));
    this.#tell(problems);
  }

  /** Logs once that providers do not answer, and once that they answer again. */
  #tell(problems: readonly Problem[]): void {
    const silent = problems.map(({ message }) => message).join(" ");
    if (silent !== this.#silent) {
      for (const { code, message } of problems) log.warn(message, { code });
      if (silent === "") log.info("read secrets of the providers again: all of them answer");
    }
    this.#silent = silent;
  }

  /**
   * Waits for news and acts on it, one after another, until `unlisten` ends the wait. A failure ends the following
   * with a log line, and leaves the values in use.
   */
  async #follow(from: number): Promise<void> {
    try {
      let since = from;
      for (;;) {
        const news = await changes(since);
        if (news === undefined || this.#stopped) return;
        since = news.now;
        await this.#act(news);
      }
    } catch (error) {
      if (!this.#stopped)
        log.error(error, "stopped following secrets: restart the process to use rotated values");
    }
  }

  /**
   * Acts on news in an order: candidates are judged, values in use are checked in this isolate, then other packages
   * (`announceRotation`) and the app's `onChange` learn of them.
   */
  async #act({ changed, candidates }: News): Promise<void> {
    if (appMeta().isMainIsolate) await Promise.all(candidates.map(settle));
    if (changed.length === 0) return;
    const rotated = changed.map(({ name }) => name);
    log.info("put new values of secrets into use", { secrets: rotated });
    await Promise.all(changed.map(prepare));
    await announceRotation(rotated);
    await Promise.all(changed.map(tell));
  }
}

/** Puts a candidate into use if it fits every declaration of the secret, and drops it otherwise. */
async function settle({ name, version }: Numbered): Promise<void> {
  const text = secretStore.read(name, "candidate");
  if (text === undefined) return;
  for (const secret of secrets.filter((one) => one.name === name)) {
    const wrong = await secret.verify(text);
    if (wrong === undefined) continue;
    secretStore.settle(name, version, false);
    log.error("rejected the new value of a secret: it does not fit; the value before stays in use", {
      secret: name,
      wrong,
    });
    return;
  }
  secretStore.settle(name, version, true);
}

/** Checks the value in use in this isolate before the app reads it. */
async function prepare({ name, version }: Numbered): Promise<void> {
  const text = secretStore.read(name) ?? "";
  await Promise.all(secrets.filter((one) => one.name === name).map((one) => one.check(text, version)));
}

/** Calls the `onChange` of each declaration of a secret with the new value and the one before. */
async function tell({ name }: Numbered): Promise<void> {
  const [text, before] = [secretStore.read(name), secretStore.read(name, "previous")];
  if (text === undefined) return;
  await Promise.all(secrets.filter((one) => one.name === name).map((one) => one.changed(text, before)));
}
