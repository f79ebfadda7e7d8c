let data = [1, 2, 3];
function process(xs) { return xs.length; }
process(data);
