interface Mail { id: number; subject: string; unread: boolean }
const mails: Mail[] = await tools.listMail();
mails.length;
