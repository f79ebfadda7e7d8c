const mails = await tools.listMail({ unread_only: true });
const unread = mails.length;
{ unread }
