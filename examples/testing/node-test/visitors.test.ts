import { testApp, type TestApp } from "@twinloop/api/testing"; // above the app's own modules
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { counts, greet } from "../app.ts";

let app: TestApp;
before(async () => {
  app = await testApp({ env: { Greeting: "Good day" } });
});
after(() => app?.stop());

test("a visitor is greeted and counted", async () => {
  assert.deepEqual(await app.call(greet, { name: "ada" }), { text: "Good day, ada!" });
  await app.messages.settled();
  assert.equal(counts.get("ada"), 1);
});
