import { testApp } from "@twinloop/api/testing";
import "../dist/twinloop.js";
import { measure } from "./measure.mjs";

const app = await testApp();
await measure(async () => (await app.request("/hello")).json());
await app.stop();
