async function main() {
  const mails = await tools.listMail();
  console.log("Total mails:", mails.length);
  const unread = mails.filter(function (m) { return m.unread; });
  console.log("Unread:", unread.length);
}
main().then(() => console.log("Done")).catch((err) => console.error(err));
