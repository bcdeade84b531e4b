import { start } from "@twinloop/api";
import "./orders/clean-up.ts";
import "./orders/endpoints.ts";
import "./orders/fulfilment.ts";

/** The running app; the address stands in `app.url`. */
export const app = await start();
