"use strict";
const mails = await tools.listMail();
mails.length;
