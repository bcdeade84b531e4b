import { behaviour } from "./suite.ts";

behaviour("in process");
