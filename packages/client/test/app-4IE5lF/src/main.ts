import "./sample-app.ts";
import { start } from "@twinloop/api";
await start({ errors: process.env["SAMPLE_ERRORS"] === "problem" ? "problem" : "twinloop" });
