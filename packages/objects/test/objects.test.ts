import { expect, test } from "vitest";
import { shown } from "./app.ts";

test("an object is there as it was uploaded, until it is removed", async () => {
  const [uploaded, known, text, there, gone] = await shown(`
    show(await files.upload("a/ü.txt", "hello", { contentType: "text/plain" }));
    show(await files.attrs("a/ü.txt"));
    show(String(await files.download("a/ü.txt")));
    show(await files.exists("a/ü.txt"));
    await files.remove("a/ü.txt");
    await files.remove("a/ü.txt");
    show(await files.exists("a/ü.txt"));`);
  expect(uploaded).toEqual({ name: "a/ü.txt", size: 5, contentType: "text/plain", etag: expect.any(String) });
  expect([known, text, there, gone]).toEqual([uploaded, "hello", true, false]);
});

test("errors have classes and codes", async () => {
  const [absent, again, key, number, option, version, removed] = await shown(`
    show(await failure(files.download("none")));
    await files.upload("x", "1");
    show(await failure(files.upload("x", "2", { preconditions: { notExists: true } })));
    show(await failure(files.upload("../x", "2")));
    show(await failure(files.upload(7, "2")));
    show(await failure(files.upload("x", "2", { contenttype: "text/plain" })));
    show(await failure(files.download("x", { version: "1" })));
    show(await failure(files.remove("x", { version: "1" })));`);
  expect(absent).toEqual(["ObjectNotFound", "not_found", 'there is no object "none"']);
  expect(again).toEqual(["PreconditionFailed", "already_exists", expect.stringContaining("notExists")]);
  expect(key).toEqual([
    "InvalidArgument",
    "invalid_argument",
    expect.stringContaining("has a segment . or .."),
  ]);
  expect(number).toEqual(["InvalidArgument", "invalid_argument", "a key is a text, not of the kind number"]);
  expect(option).toEqual([
    "InvalidArgument",
    "invalid_argument",
    expect.stringContaining("Did you mean contentType?"),
  ]);
  expect(version).toEqual(["ObjectsError", "unimplemented", expect.stringContaining("keeps no versions")]);
  expect(removed).toEqual(["ObjectsError", "unimplemented", expect.stringContaining("leave `version` out")]);
});

test("a listing has the objects of its prefix, at most as many as asked for", async () => {
  const [all, some, few, none] = await shown(`
    for (const key of ["a", "photos/1", "photos/2", "phone"]) await files.upload(key, "x");
    const keys = async (options) => (await all(files.list(options))).map(({ name }) => name).sort();
    show(await keys());
    show(await keys({ prefix: "photos/" }));
    show((await keys({ prefix: "pho", limit: 2 })).length);
    show(await keys({ limit: 0 }));`);
  expect(all).toEqual(["a", "phone", "photos/1", "photos/2"]);
  expect(some).toEqual(["photos/1", "photos/2"]);
  expect([few, none]).toEqual([2, []]);
});

test("a public bucket has addresses where something serves it", async () => {
  const source = `
    try { show(files.publicUrl("a b/ü?.txt")); } catch (error) { show([error.code, error.message]); }`;
  const env = { OBJECTS_PUBLIC_URL: "https://cdn.example.com/objects" };
  const at = "https://cdn.example.com/objects/files/a%20b/%C3%BC%3F.txt";
  expect(await shown(source, { config: "{ public: true }", env })).toEqual([at]);
  const [unserved] = await shown(source, { config: "{ public: true }" });
  expect(unserved).toEqual(["unimplemented", expect.stringContaining("OBJECTS_PUBLIC_URL")]);
  const [isPrivate] = await shown(source, { env });
  expect(isPrivate).toEqual(["failed_precondition", expect.stringContaining("{ public: true }")]);
});

test("a folder signs no URLs, and says what does", async () => {
  const [refused, unit] = await shown(`
    show(await failure(files.signedUploadUrl("x", { ttl: "1h" })));
    show(await failure(files.signedDownloadUrl("x", { ttl: 3600 })));`);
  expect(refused).toEqual([
    "ObjectsError",
    "unimplemented",
    expect.stringContaining("set OBJECTS_URL to s3://"),
  ]);
  expect(unit).toEqual(["InvalidArgument", "invalid_argument", expect.stringContaining('such as "15m"')]);
});

test("objects are in the memory of the process where asked for", async () => {
  const env = { OBJECTS_URL: "memory://" };
  const [text] = await shown(`await files.upload("x", "1"); show(String(await files.download("x")));`, {
    env,
  });
  expect(text).toBe("1");
});
