import { testApp } from "@twinloop/api/testing";
import { hello } from "../dist/twinloop.js";
import { measure } from "./measure.mjs";

const app = await testApp();
await measure(() => app.call(hello));
await app.stop();
