import type { DurationUnit } from "@twinloop/core-native";

/** What a bucket may be told. */
export interface BucketConfig {
  /**
   * Whether anyone may read its objects, so that `publicUrl()` gives an address. Default false. The access itself is granted by
   * the store: by the policy of the bucket in S3, Google Cloud Storage or Azure.
   */
  readonly public?: boolean;
  /**
   * Whether an object keeps its earlier versions. Default false. The store must keep them: turn versioning on for the bucket in
   * S3, Google Cloud Storage or Azure; the folder of a laptop keeps none and is refused at the start.
   */
  readonly versioned?: boolean;
}

/** What an upload may be told. */
export interface UploadOptions {
  /** The object's content type, such as `image/jpeg`; given back by `attrs()`, and by the store to browsers. */
  readonly contentType?: string;
  /** What must be so for the upload to be done. */
  readonly preconditions?: {
    /** Whether there must be no object of this key yet. Then at most 64 MiB are taken. Default false. */
    readonly notExists?: boolean;
  };
}

/** Which version of an object is meant. */
interface OfVersion {
  /** The version, as `ObjectAttrs.version` gives it. Default the newest. Refused by a store that keeps no versions. */
  readonly version?: string;
}

/** What a download may be told. */
export interface DownloadOptions extends OfVersion {}

/** What `attrs()` and `exists()` may be told. */
export interface AttrsOptions extends OfVersion {}

/** What a removal may be told. */
export interface RemoveOptions extends OfVersion {}

/** Which objects are listed. */
export interface ListOptions {
  /** What the keys of all listed objects begin with. Default: nothing, all objects are listed. */
  readonly prefix?: string;
  /** How many objects are listed at most. Default no limit. */
  readonly limit?: number;
}

/** What a signed URL may be told. */
export interface SignedUrlOptions {
  /**
   * How long the URL is valid, as a text with its unit: `"15m"`, `"24h"`. Default `"1h"`; from 1 second to 7 days. A number is
   * refused, because Encore counts seconds and Twinloop milliseconds.
   */
  readonly ttl?: `${number}${DurationUnit}`;
}

/** A URL by which anyone who has it may read or write one object for a time. */
export interface SignedUrl {
  readonly url: string;
}

/** What is known of an object. */
export interface ObjectAttrs {
  /** The object's key. */
  readonly name: string;
  /** The object's bytes. */
  readonly size: number;
  /** The entity tag: another one for other contents. */
  readonly etag: string;
  /** The version, where the store keeps several. */
  readonly version?: string;
  /** The content type that it was uploaded with. */
  readonly contentType?: string;
}

/** An object in a listing. */
export interface ListEntry {
  /** The object's key. */
  readonly name: string;
  /** The object's bytes. */
  readonly size: number;
  /** The entity tag: another one for other contents. */
  readonly etag: string;
}
