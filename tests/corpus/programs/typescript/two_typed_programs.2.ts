interface Mail { id: number; subject: string; unread: boolean }
const unread: Mail[] = mails.filter((m: Mail) => m.unread);
unread.map((m) => m.id);
