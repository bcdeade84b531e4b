import { setTimeout as delay } from "node:timers/promises";
import { api, start, type MaxLen, type MinLen } from "@twinloop/api";

/** What an agent does, piece by piece. */
type Piece = { tool: string; input: string } | { token: string } | { done: true; tokens: number };

/** Stands in for a model: thinks, looks something up, and answers word by word until nobody listens any more. */
async function* answer(question: string, signal: AbortSignal): AsyncGenerator<Piece> {
  yield { tool: "search", input: question };
  const words = `You asked: ${question} I looked it up, and the answer is 42.`.split(" ");
  for (const word of words) {
    await delay(20, undefined, { signal });
    yield { token: word };
  }
  yield { done: true, tokens: words.length };
}

/**
 * Answers a question as server-sent events. A client that comes back with `Last-Event-ID` goes on where it was cut off, and
 * one that leaves ends the generator: no token is made for nobody.
 */
export const ask = api.sse(
  { expose: true, method: "GET", path: "/answers" },
  async function* ({ question }: { question: string & MinLen<1> & MaxLen<500> }, ctx) {
    const seen = Number(ctx.lastEventId ?? -1);
    let id = 0;
    try {
      for await (const piece of answer(question, ctx.signal)) {
        if (id > seen) yield { event: "done" in piece ? "done" : "piece", id, data: piece };
        id++;
      }
    } finally {
      ctx.log.info("ended an answer", { pieces: id });
    }
  },
);

await start();
