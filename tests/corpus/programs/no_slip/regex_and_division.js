const total = 100, g = 4, i = 5;
const ratio = total / g / i;
const tags = "<b>x</b><T>y</T>".match(/<([A-Z])>(.*?)<\/\1>/);
[ratio, tags[2], "a/b".split(/\//g).length];
