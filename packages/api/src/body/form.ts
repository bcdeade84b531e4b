/**
 * The forms of a request's body that is not JSON, as types. `Form<T>` and `Multipart<T>` wrap the whole request: its path,
 * query, header and cookie fields come from where they always come from, and the rest is fields of the form.
 */

declare const form: unique symbol;
declare const multipart: unique symbol;
declare const bytesBody: unique symbol;

/** The keys of the markers, by which types find marked requests and fields. */
export type FormKey = typeof form;
/** The key of `Multipart`. */
export type MultipartKey = typeof multipart;
/** The key of `BytesBody`. */
export type BytesKey = typeof bytesBody;

/**
 * A request whose body is a form (`application/x-www-form-urlencoded`), as a browser sends it.
 *
 * Shape:  an object whose fields are scalars, coerced as those of a query, or lists of them (by repetition). Unknown fields
 *         are dropped.
 * Errors: 400 with the place (`body.age`), 413 past `bodyLimit` or `uploads.maxFields`, 415 for another content type.
 * Source: WHATWG URL, section 5.1.
 * Example:
 * ```ts
 * export const signUp = api(
 *   { expose: true, method: "POST", path: "/sign-up" },
 *   async ({ email, age }: Form<{ email: string & IsEmail; age: number }>) => ({ email, age }),
 * );
 * ```
 */
export type Form<T extends object> = T & { readonly [form]?: true };

/**
 * A request whose body is `multipart/form-data`: fields as in a `Form`, and files as `UploadedFile` or `UploadedFile[]`.
 *
 * Units:  `bodyLimit` for all of it (default 32 MiB), `uploads` for its parts.
 * Errors: 400 for a malformed body or a missing file, 413 past a limit, 415 for another content type, 507 when the disk is full.
 * Source: RFC 7578.
 * Example:
 * ```ts
 * export const upload = api(
 *   { expose: true, method: "POST", path: "/photos" },
 *   async ({ title, photo }: Multipart<{ title: string; photo: UploadedFile }>) => {
 *     await photo.saveTo(`/srv/photos/${randomUUID()}`);
 *     return { title, bytes: photo.size };
 *   },
 * );
 * ```
 */
export type Multipart<T extends object> = T & { readonly [multipart]?: true };

/**
 * The bytes of a body as one field, beside fields of path, query, headers and cookies: `{ id: string; data: BytesBody }`. A
 * request that is nothing but bytes is a plain `Uint8Array`; in JSON a `Uint8Array` is a field in base64.
 *
 * Units:  at most `bodyLimit` bytes (default 2 MiB), all in memory; 413 beyond.
 * Example:
 * ```ts
 * import { api, type BytesBody } from "@twinloop/api";
 *
 * export const keep = api(
 *   { expose: true, method: "PUT", path: "/blobs/:id" },
 *   async ({ id, data }: { id: string; data: BytesBody }) => ({ id, bytes: data.byteLength }),
 * );
 * ```
 */
export type BytesBody = Uint8Array & { readonly [bytesBody]?: true };
