const n = 2 + 2;
{ "answer": n, "ok": true }
