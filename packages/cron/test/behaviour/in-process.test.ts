import { behaviour } from "./suite.ts";

behaviour("in this process");
