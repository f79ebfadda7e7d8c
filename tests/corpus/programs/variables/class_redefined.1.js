class Parser { parse(s) { return s.split(","); } }
new Parser().parse("a,b");
