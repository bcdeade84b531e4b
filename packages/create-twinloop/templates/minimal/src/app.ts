import { start } from "@twinloop/api";
import "./greetings/endpoints.ts";

/** The running app; the address stands in `app.url`. */
export const app = await start();
