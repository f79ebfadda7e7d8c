// await tools.getOrder({ order_id }) is explained here, and not called
const help = 'Write "await tools.getOrder(...)", not tools.getOrder(...).total';
/* async function main() { return 1; } */
help.split("await").length - 1;
