(async (): Promise<string[]> => {
  const mails: Array<{ id: number; subject: string }> = await tools.listMail({ unread_only: true });
  return mails.map((m): string => m.subject.toUpperCase());
})();
