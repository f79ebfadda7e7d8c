const customers = await Promise.all([1, 2, 3, 4, 5].map((n) => tools.getCustomer({ customer_id: `C-${n}` })));
customers.map((c) => c.address?.city ?? "unknown");
