import { api, type StreamIn, type StreamInOut, type StreamOut } from "@twinloop/api";
import { expectTypeOf } from "vitest";

api.streamInOut<{ id: string }, number, boolean>(
  { path: "/a/:id" },
  async (handshake, stream, { signal }) => {
    expectTypeOf(handshake).toEqualTypeOf<{ id: string }>();
    expectTypeOf(stream).toEqualTypeOf<StreamInOut<number, boolean>>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    for await (const message of stream) expectTypeOf(message).toEqualTypeOf<number>();
    expectTypeOf(stream.recv()).resolves.toEqualTypeOf<number>();
    // @ts-expect-error: messages that are sent have a type of their own.
    await stream.send(1);
  },
);
api.streamInOut<number, boolean>({ path: "/b" }, async (stream) => {
  expectTypeOf(stream).toEqualTypeOf<StreamInOut<number, boolean>>();
});
api.streamIn<number>({ path: "/c" }, async (stream) => {
  expectTypeOf(stream).toEqualTypeOf<StreamIn<number>>();
});
api.streamIn<number, string>({ path: "/d" }, async () => "sum");
// @ts-expect-error: the response has its type.
api.streamIn<number, string>({ path: "/e" }, async () => 1);
api.streamIn<{ id: string }, number, string>({ path: "/f/:id" }, async ({ id }) => id);
api.streamOut<{ id: string }, number>({ path: "/g/:id" }, async ({ id }, stream) => {
  expectTypeOf(id).toEqualTypeOf<string>();
  expectTypeOf(stream).toEqualTypeOf<StreamOut<number>>();
});
api.streamOut<number>({ path: "/h", ping: "10s", idleTimeout: null }, async (stream) =>
  stream.close(1000, "done"),
);
// @ts-expect-error: there is no such option.
api.streamOut<number>({ path: "/i", bodyLimit: 1 }, async () => undefined);
