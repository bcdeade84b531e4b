import { Service } from "@twinloop/api";

export default new Service("orders");
