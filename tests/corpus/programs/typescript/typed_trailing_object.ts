const mails: { unread: boolean }[] = await tools.listMail();
const unread: number = mails.filter((m) => m.unread).length;
const total: number = mails.length;
{ unread, total }
