const late = (await tools.listOrders({ status: "late" })).orders;
{ count: late.length }
