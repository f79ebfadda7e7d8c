const sources = ["export default 1;", "export const a = 2;", "import x from 'y';"];
// export default is only looked for here
sources.filter((s) => /^export\b/.test(s)).length;
