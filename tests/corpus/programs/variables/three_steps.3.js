Object.fromEntries(Object.entries(contents).map(([f, text]) => [f, text.trim().split("\n").length]));
