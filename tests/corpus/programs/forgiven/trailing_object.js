const c = await tools.getCustomer({ customer_id: "C-1" });
{ name: c.name, tier: c.tier }
