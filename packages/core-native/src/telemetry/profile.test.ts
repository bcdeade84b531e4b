import { expect, test, vi } from "vitest";
import { Flows } from "../crossing/flow.ts";
import { AbortReason } from "../crossing/frame.ts";
import type { Port } from "../crossing/port.ts";
import { Work } from "../work/work.ts";
import { Profiles } from "./profile.ts";

type Entry = readonly [what: string, id: number, ...rest: unknown[]];

/** A port that notes what is sent through it, and takes pieces as fast as it is told to. */
function recorder(): { port: Port; sent: Entry[]; flows: Flows } {
  const sent: Entry[] = [];
  const note =
    (what: string) =>
    (id: number, ...rest: unknown[]) =>
      void sent.push([what, id, ...rest]);
  const flows = new Flows(() => null);
  const outbox = Object.fromEntries(
    ["reply", "fail", "begin", "pieceBlob", "end"].map((what) => [what, note(what)]),
  );
  return { port: { outbox, flows } as unknown as Port, sent, flows };
}

function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("a CPU profile names the functions that ran", async () => {
  const { port, sent } = recorder();
  new Profiles(port).handle(3, '{"what":"cpu","seconds":0.3}');
  const busy = setInterval(() => burn(5), 6);
  await vi.waitFor(() => expect(sent).toHaveLength(1), { timeout: 10_000 });
  clearInterval(busy);
  const [what, id, status, text] = sent[0]!;
  expect([what, id, status]).toEqual(["reply", 3, 200]);
  expect(text).not.toContain("\n");
  const { nodes, samples } = JSON.parse(text as string) as {
    nodes: { callFrame: { functionName: string } }[];
    samples: number[];
  };
  expect(nodes.map(({ callFrame }) => callFrame.functionName)).toContain("burn");
  expect(samples.length).toBeGreaterThan(10);
});

test("one is taken at a time, and one whose client has left makes room", async () => {
  const { port, sent } = recorder();
  const profiles = new Profiles(port);
  profiles.handle(1, '{"what":"cpu","seconds":60}');
  profiles.handle(2, '{"what":"heap"}');
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]!.slice(0, 3)).toEqual(["fail", 2, 429]);
  expect(JSON.parse(sent[0]![3] as string)).toMatchObject({ code: "resource_exhausted" });
  Work.abort(1, AbortReason.Disconnected);
  await vi.waitFor(() => {
    profiles.handle(4, '{"what":"cpu","seconds":0.01}');
    expect(sent.at(-1)!.slice(0, 3)).toEqual(["reply", 4, 200]);
  });
  expect(sent.filter(([, id]) => id === 1)).toEqual([]);
});

test.each([
  "",
  "null",
  "[]",
  '{"what":"disk"}',
  '{"what":"cpu"}',
  '{"what":"cpu","seconds":0}',
  '{"what":"cpu","seconds":301}',
  '{"what":"cpu","seconds":"5"}',
])("%s is refused", async (text) => {
  const { port, sent } = recorder();
  new Profiles(port).handle(5, text);
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]!.slice(0, 3)).toEqual(["fail", 5, 400]);
});

test(
  "a heap snapshot is sent in pieces, no more of them than the client takes",
  { timeout: 60_000 },
  async () => {
    const { port, sent, flows } = recorder();
    new Profiles(port).handle(6, '{"what":"heap"}');
    const pieces = (): Buffer[] =>
      sent.filter(([what]) => what === "pieceBlob").map(([, , bytes]) => bytes as Buffer);
    await vi.waitFor(() => expect(pieces().length).toBe(16), { timeout: 30_000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(pieces().length).toBe(16);
    flows.credit(6, 0, 1_000_000);
    await vi.waitFor(() => expect(sent.at(-1)).toEqual(["end", 6, true]), { timeout: 30_000 });
    expect(sent[0]).toEqual(["begin", 6, 200]);
    const { snapshot } = JSON.parse(Buffer.concat(pieces()).toString()) as {
      snapshot: { node_count: number };
    };
    expect(snapshot.node_count).toBeGreaterThan(1000);
  },
);
