let data = [4, 5];
function process(xs) { return xs.reduce((a, b) => a + b, 0); }
process(data);
