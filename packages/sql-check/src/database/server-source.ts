import { importOfApp, resolveOfApp } from "./app-import.ts";

/** The server on which scratch databases are made: started when the first statement is not known yet. */
export interface ServerSource {
  /** Tells servers apart whose answers may differ, without starting one. */
  id(): Promise<string>;
  /** The URL of a database of the server, whose role may create others. */
  url(): Promise<string>;
  close(): Promise<void>;
}

const EMBEDDED = "@twinloop/postgres-embedded";

/** The part of `@twinloop/postgres-embedded` that is used here. */
interface Embedded {
  startEmbedded(root: string): Promise<{ readonly url: string; stop(): Promise<void> }>;
  findPostgresPackage(root: string): { readonly name: string; readonly version: string } | undefined;
}

/** The server of an app: that of a URL, or the app's embedded one. */
export function serverOf(root: string, url: string | undefined): ServerSource {
  return url === undefined ? new EmbeddedSource(root) : new GivenSource(url);
}

class GivenSource implements ServerSource {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  id(): Promise<string> {
    const { host, pathname } = new URL(this.#url);
    return Promise.resolve(`${host}${pathname}`);
  }

  url(): Promise<string> {
    return Promise.resolve(this.#url);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The embedded server, which the processes of an app share; the last one that uses it stops it. */
class EmbeddedSource implements ServerSource {
  readonly #root: string;
  #running: Promise<{ readonly url: string; stop(): Promise<void> }> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  async id(): Promise<string> {
    const found = (await this.#package()).findPostgresPackage(this.#root);
    return found === undefined ? "embedded" : `${found.name} ${found.version}`;
  }

  async url(): Promise<string> {
    this.#running ??= this.#package().then((embedded) => embedded.startEmbedded(this.#root));
    try {
      return (await this.#running).url;
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const running = await this.#running?.catch(() => undefined);
    this.#running = undefined;
    await running?.stop();
  }

  #package(): Promise<Embedded> {
    const hint = `Run \`npm install --save-dev ${EMBEDDED}\`, or name a server that the statements may be checked on: \`--server postgres://…\`.`;
    return importOfApp<Embedded>(this.#root, EMBEDDED, hint);
  }
}

/** Whether the app has the package with the embedded server. */
export function hasEmbedded(root: string): boolean {
  return resolveOfApp(root, EMBEDDED) !== undefined;
}
