const mail = await tools.readMail({ mail_id: 5 });
const orderIds = [...new Set(mail.body.match(/\bA-\d{4}\b/g))];
const refunds = [...mail.body.matchAll(/(?<id>A-\d{4}) \((?<amount>\d+\.\d{2}) (?<cur>[A-Z]{3})\)/g)]
  .map(({ groups: { id, amount, cur } }) => ({ id, amount: +amount, cur }));
const phone = mail.body.match(/\+1 (\d{3})-(\d{3})-(\d{4})/)?.slice(1).join("");
({ orderIds, refunds, phone });
