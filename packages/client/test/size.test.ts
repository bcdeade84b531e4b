import { expect, test } from "vitest";
import { bundleSize } from "./bundle-size.ts";

const ONE_CALL = `import { createClient } from "@twinloop/client";
const client = createClient("https://api.example.com");
document.title = (await client("GET /links/:slug", { slug: "docs" })).url;`;

test("one call takes less than 2 kB of a page, gzipped", async () => {
  const { gzipped, code } = await bundleSize(ONE_CALL);
  console.info(`one call: ${gzipped} bytes gzipped`);
  expect(gzipped).toBeLessThan(2_000);
  expect(code).not.toMatch(/WebSocket|EventSource|last-event-id|FormData|clearTimeout/);
});

test("events, connections and the rest come in where they are used, and alone", async () => {
  const events = await bundleSize(`import { events } from "@twinloop/client"; console.log(events);`);
  expect(events.code).not.toMatch(/WebSocket|FormData/);
  const connect = await bundleSize(`import { connect } from "@twinloop/client"; console.log(connect);`);
  expect(connect.code).not.toMatch(/last-event-id|FormData/);
  const whole = await bundleSize(`import * as all from "@twinloop/client"; console.log(all);`);
  console.info(`everything: ${whole.gzipped} bytes gzipped`);
  expect(whole.gzipped).toBeLessThan(5_120);
});
