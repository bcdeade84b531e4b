/**
 * Object storage in a folder, S3, Google Cloud Storage or Azure, streamed in constant memory by Rust.
 *
 * @packageDocumentation
 */
import { requireAbi } from "@twinloop/core-native/internal";

requireAbi("@twinloop/objects", 7);

export { start, stop } from "@twinloop/core-native";
export { Bucket } from "./bucket.ts";
export { InvalidArgument, ObjectNotFound, ObjectsError, PreconditionFailed } from "./error.ts";
export type {
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
export type { UploadSource } from "./source.ts";
