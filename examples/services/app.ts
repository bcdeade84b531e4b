import { start } from "@twinloop/api";
import "./orders/endpoints.ts";
import "./orders/service.ts";
import "./users/endpoints.ts";
import "./users/service.ts";

await start();
