import { start, stop } from "@twinloop/api";
import "../dist/twinloop.js";
// A service with middleware is refused where its module is not loaded.
import "../dist/layers/layers.js";
import { measure } from "./measure.mjs";

const { url } = await start({ host: "127.0.0.1", port: 0, banner: false, signals: false });
await measure(async () => (await fetch(`${url}/hello`)).json());
await stop();
