import { useDatabase } from "../fixtures/database.mjs";
import { behaviour } from "./suite.ts";

useDatabase();
behaviour("by the database test");
