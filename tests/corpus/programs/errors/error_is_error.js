const outcome = await tools.getCustomer({ customer_id: "C-99" }).catch((e) => e);
({ isError: outcome instanceof Error, mentions: /C-99/.test(outcome.message) });
