import { createReadStream } from "node:fs";
import { copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";

/** Where the bytes of an uploaded file are. Once the request is answered, neither method finds them any more. */
export interface FileSource {
  /** The path of the temporary file; `undefined` where the bytes are in memory. */
  path(): string | undefined;
  /** The bytes, where they are in memory. */
  bytes(): Uint8Array | undefined;
}

/** What is known of a file beside its bytes. */
export interface FileDescription {
  /** The file's name, default empty. */
  readonly name?: string;
  /** The file's media type, default `application/octet-stream`. */
  readonly type?: string;
}

/**
 * A file of a multipart request. Rust has received all of it before the handler runs: up to `uploads.memoryBytes` in memory,
 * a larger one in a temporary file that only this user can read. The file is deleted when the request is answered.
 *
 * Errors: each method throws once the request is answered, but for an empty file. A stream that has been opened before goes on
 *         where the system lets a deleted file be read.
 * Example:
 * ```ts
 * import { randomUUID } from "node:crypto";
 * import { api, type Multipart, type UploadedFile } from "@twinloop/api";
 *
 * export const avatar = api(
 *   { expose: true, method: "POST", path: "/avatar", uploads: { maxFileBytes: 1 << 20 } },
 *   async ({ image }: Multipart<{ image: UploadedFile }>) => {
 *     await image.saveTo(`/srv/avatars/${randomUUID()}`);
 *     return { bytes: image.size };
 *   },
 * );
 * ```
 */
export class UploadedFile {
  /** The file's name as the client says, without any path; empty where it has none. Nothing to trust. */
  readonly name: string;
  /** The file's media type as the client says. Nothing to trust. */
  readonly type: string;
  /** The number of bytes, as they have arrived: at most `uploads.maxFileBytes`. */
  readonly size: number;
  readonly #source: FileSource;

  /** A file from bytes, for direct calls and tests. */
  constructor(bytes: Uint8Array, description?: FileDescription);
  /** @internal */
  constructor(source: FileSource, description: FileDescription, size: number);
  constructor(from: Uint8Array | FileSource, { name, type }: FileDescription = {}, size?: number) {
    this.name = name ?? "";
    this.type = type ?? "application/octet-stream";
    this.#source = from instanceof Uint8Array ? { path: () => undefined, bytes: () => from } : from;
    this.size = size ?? (from as Uint8Array).byteLength;
  }

  /** All bytes of the file, in memory; read from the disk at each call where the file is there. */
  async bytes(): Promise<Uint8Array> {
    return this.#inMemory() ?? (await readFile(this.#path()));
  }

  /** The file's text. Errors: TypeError where it is not UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder("utf-8", { fatal: true }).decode(await this.bytes());
  }

  /** The bytes as a stream that reads as its reader does. */
  stream(): Readable {
    const bytes = this.#inMemory();
    return bytes === undefined
      ? createReadStream(this.#path())
      : Readable.from([bytes], { objectMode: false });
  }

  /**
   * Moves the file to `path`, or copies it where that is on another disk. Whoever chooses the path decides what is
   * overwritten: never make it of `name`. Only this user can read the file.
   */
  async saveTo(path: string): Promise<void> {
    const bytes = this.#inMemory();
    if (bytes !== undefined) return writeFile(path, bytes, { mode: 0o600 });
    const from = this.#path();
    try {
      await rename(from, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
      await copyFile(from, path);
    }
  }

  #inMemory(): Uint8Array | undefined {
    if (this.size === 0) return new Uint8Array();
    return this.#source.bytes();
  }

  #path(): string {
    const path = this.#source.path();
    if (path !== undefined) return path;
    throw new Error("the uploaded file is gone: its request has been answered");
  }
}
