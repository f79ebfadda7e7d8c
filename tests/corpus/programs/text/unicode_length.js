const s = "👩‍💻 naïve";
({
  units: s.length,
  points: [...s].length,
  upper: s.toUpperCase(),
  nfd: "é".normalize("NFD").length,
  hasEmoji: /\p{Extended_Pictographic}/u.test(s),
  code: s.codePointAt(0).toString(16),
});
