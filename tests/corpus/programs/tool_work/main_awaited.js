async function main() {
  const mails = await tools.listMail({ unread_only: true });
  const subjects = mails.map(m => m.subject);
  return subjects;
}

await main();
