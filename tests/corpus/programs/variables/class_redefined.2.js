// Improved version
class Parser { parse(s) { return s.split(/[,;]/).map((x) => x.trim()); } }
new Parser().parse("a, b;c");
