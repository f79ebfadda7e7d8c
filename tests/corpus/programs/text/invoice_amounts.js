const mails = await tools.listMail();
const invoices = mails.filter((m) => /^Invoice \d{4}-\d{3}$/.test(m.subject));
const amounts = await Promise.all(
  invoices.map(async ({ id, subject }) => {
    const { body } = await tools.readMail({ mail_id: id });
    const [, currency, amount] = body.match(/Amount due: ([A-Z]{3}) ([\d,.]+)/);
    const due = body.match(/Due date: (\d{4}-\d{2}-\d{2})/)[1];
    return { subject, currency, amount: Number(amount.replace(/,/g, "")), due };
  }),
);
amounts;
