const code = ["```js", "const a = 1;", "```"].join("\n");
const block = `\`\`\`python
print("hi")
\`\`\``;
[code, block].map((s) => s.match(/```(\w+)/)[1]);
