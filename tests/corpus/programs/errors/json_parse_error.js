function safeParse(s) {
  try { return { ok: true, value: JSON.parse(s) }; }
  catch (e) { return { ok: false, name: e.name }; }
}
[safeParse('{"a":1}'), safeParse("{a:1}"), safeParse("")];
