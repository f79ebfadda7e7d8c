import type { Order } from "./types";

const summarize = (o: Order): string => `${o.id}/${o.status}`;
summarize(await tools.getOrder({ order_id: "A-1009" }));
