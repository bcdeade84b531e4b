import { Readable } from "node:stream";
import {
  optionFaults,
  optionRule,
  optionsOf,
  parseDuration,
  wholeNumber,
  type OptionRules,
} from "@twinloop/core-native/internal";
import { registerComponent } from "./component.ts";
import { download } from "./download.ts";
import { invalid, objectsError } from "./error.ts";
import { list } from "./listing.ts";
import { native } from "./native.ts";
import type {
  AttrsOptions,
  BucketConfig,
  DownloadOptions,
  ListEntry,
  ListOptions,
  ObjectAttrs,
  RemoveOptions,
  SignedUrl,
  SignedUrlOptions,
  UploadOptions,
} from "./options.ts";
import { buckets, type DeclaredBucket } from "./registry.ts";
import type { UploadSource } from "./source.ts";
import { connect, openStore } from "./store.ts";
import { upload, type ObjectPlace } from "./upload.ts";

const HOUR_MS = 3_600_000;

const OF_VERSION: OptionRules = { version: optionRule.text };
const OF_UPLOAD: OptionRules = {
  contentType: optionRule.text,
  preconditions: optionsOf({ notExists: optionRule.boolean }),
};
const OF_LIST: OptionRules = { prefix: optionRule.text, limit: wholeNumber({ least: 0 }) };
const OF_SIGNED: OptionRules = {
  ttl: {
    expected: 'a text with its unit, such as "15m" or "24h"',
    fits: (value) => typeof value === "string" && parseDuration(value) !== undefined,
  },
};

/**
 * A bucket: the objects that an app keeps under one name. Declare it once, at module level.
 *
 * Shape:  a name of lower-case letters, digits and hyphens. A key is any text of at most 1 024 bytes of UTF-8 without control
 *         characters, backslashes, empty segments, `.` and `..`.
 * Errors: of the declaration, by `start()`, together with all else. Of operations `ObjectNotFound`, `PreconditionFailed`,
 *         `InvalidArgument`, and `ObjectsError` with its code.
 * Example: `const pictures = new Bucket("profile-pictures"); await pictures.upload("ada.jpg", bytes);`
 */
export class Bucket {
  readonly name: string;
  readonly #declared: DeclaredBucket;

  constructor(name: string, config: BucketConfig = {}) {
    registerComponent();
    this.name = name;
    this.#declared = {
      name,
      isPublic: config?.public === true,
      isVersioned: config?.versioned === true,
      given: { name, config },
    };
    buckets.push(this.#declared);
  }

  /**
   * Uploads an object, in place of one of the same key, and resolves when the store has all of it.
   *
   * Shape:  a text, bytes, a Blob or a stream -> what is known of the object. A stream is read at the pace of the store. Until
   *         the end nothing of it is visible; a stream that fails leaves nothing behind.
   * Units:  at most 24 MiB of it are held in memory, and 78 GiB taken; with `preconditions.notExists` 64 MiB both.
   * Errors: `PreconditionFailed` · `InvalidArgument` · `out_of_range` · what the stream throws.
   */
  async upload(key: string, data: UploadSource, options: UploadOptions = {}): Promise<ObjectAttrs> {
    check("upload", options, OF_UPLOAD);
    return upload(await this.#place(key), data, options);
  }

  /**
   * Downloads an object into memory. A large one is better read by `downloadStream()`.
   *
   * Errors: `ObjectNotFound`.
   */
  async download(key: string, options: DownloadOptions = {}): Promise<Buffer> {
    check("download", options, OF_VERSION);
    const pieces: Buffer[] = [];
    for await (const piece of download(await this.#place(key), options.version)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /**
   * Downloads an object as a stream, at the pace of its reader: what is not read stays with the store.
   *
   * Shape:  a `Readable` of Buffers of about 256 KiB, which is also an async iterable. Destroyed, or left by `break`, it ends the
   *         download.
   * Errors: by the stream: `ObjectNotFound` · `unavailable` for a store that sends nothing for 30 s.
   */
  downloadStream(key: string, options: DownloadOptions = {}): Readable {
    check("downloadStream", options, OF_VERSION);
    const place = (): Promise<ObjectPlace> => this.#place(key);
    const pieces = async function* (): AsyncGenerator<Buffer, void, undefined> {
      yield* download(await place(), options.version);
    };
    return Readable.from(pieces(), { objectMode: false });
  }

  /**
   * Lists the objects whose keys begin with a prefix, in the order of the store.
   *
   * Units:  1 000 objects are asked for at once.
   * Example: `for await (const { name, size } of pictures.list({ prefix: "2026/" })) …`
   */
  async *list(options: ListOptions = {}): AsyncGenerator<ListEntry, void, undefined> {
    check("list", options, OF_LIST);
    const { number } = await this.#open();
    yield* list(number, this.name, options.prefix ?? "", options.limit ?? Number.MAX_SAFE_INTEGER);
  }

  /**
   * Says what is known of an object.
   *
   * Errors: `ObjectNotFound`.
   */
  async attrs(key: string, options: AttrsOptions = {}): Promise<ObjectAttrs> {
    check("attrs", options, OF_VERSION);
    return native.call<ObjectAttrs>("attributes", await this.#version(key, options));
  }

  /** Says whether there is an object, or a version of one. */
  async exists(key: string, options: AttrsOptions = {}): Promise<boolean> {
    check("exists", options, OF_VERSION);
    return native.call<boolean>("exists", await this.#version(key, options));
  }

  /**
   * Removes an object; one that is not there is removed already.
   *
   * Errors: `unimplemented` for a single version.
   */
  async remove(key: string, options: RemoveOptions = {}): Promise<void> {
    check("remove", options, OF_VERSION);
    await native.call("remove", await this.#version(key, options));
  }

  /**
   * The address of an object of a public bucket, whether or not there is one.
   *
   * Errors: `failed_precondition` for a bucket that is not declared `public`, and before `start()` · `unimplemented` where
   *         neither the store nor `OBJECTS_PUBLIC_URL` says where objects are served.
   */
  publicUrl(key: string): string {
    if (!this.#declared.isPublic) {
      const message = `the bucket "${this.name}" is not public: declare it with { public: true }, or use signedDownloadUrl()`;
      throw objectsError("failed_precondition", message);
    }
    const store = openStore();
    if (!store) {
      throw objectsError(
        "failed_precondition",
        "the store is not open: call publicUrl() after await start()",
      );
    }
    if (store.publicBase === null) {
      const message = `${store.place} serves no objects: have its bucket served, by api.static or another server, and set OBJECTS_PUBLIC_URL to where`;
      throw objectsError("unimplemented", message);
    }
    return store.publicBase + [this.name, ...requireKey(key).split("/")].map(encodeURIComponent).join("/");
  }

  /**
   * Signs a URL by which anyone who has it may upload the object, by `PUT`, until its time is over.
   *
   * Errors: `unimplemented` for a folder, which nobody serves.
   */
  signedUploadUrl(key: string, options: SignedUrlOptions = {}): Promise<SignedUrl> {
    return this.#sign("signUpload", key, options);
  }

  /**
   * Signs a URL by which anyone who has it may download the object until its time is over.
   *
   * Errors: `unimplemented` for a folder, which nobody serves.
   */
  signedDownloadUrl(key: string, options: SignedUrlOptions = {}): Promise<SignedUrl> {
    return this.#sign("signDownload", key, options);
  }

  async #sign(
    operation: "signUpload" | "signDownload",
    key: string,
    options: SignedUrlOptions,
  ): Promise<SignedUrl> {
    check(operation === "signUpload" ? "signedUploadUrl" : "signedDownloadUrl", options, OF_SIGNED);
    const ttlMs = options.ttl === undefined ? HOUR_MS : parseDuration(options.ttl)!;
    return { url: await native.call<string>(operation, { ...(await this.#place(key)), ttlMs }) };
  }

  async #version(key: string, { version }: AttrsOptions): Promise<object> {
    return { ...(await this.#place(key)), version: version ?? null };
  }

  async #place(key: string): Promise<ObjectPlace> {
    requireKey(key);
    const { number } = await this.#open();
    return { store: number, bucket: this.name, key };
  }

  async #open(): Promise<{ readonly number: number }> {
    const store = await connect();
    if (store.buckets.includes(this.#declared)) return store;
    const message = `the bucket "${this.name}" was declared after the store was opened: declare it at the top level of a module`;
    throw objectsError("failed_precondition", message);
  }
}

function requireKey(key: unknown): string {
  if (typeof key === "string") return key;
  throw invalid(`a key is a text, not ${key === null ? "null" : `of the kind ${typeof key}`}`);
}

function check(of: string, options: unknown, rules: OptionRules): void {
  const [fault] = optionFaults(options, rules);
  if (fault) throw invalid(`${of}: ${fault.what}. ${fault.hint}`);
}
