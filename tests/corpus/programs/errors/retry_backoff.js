async function retry(fn, { attempts = 5, delay = 5 } = {}) {
  let lastError;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      return await fn();
    } catch (err) {
      lastError = err;
      console.log(`Attempt ${attempt} failed`);
      await new Promise((r) => setTimeout(r, delay * 2 ** (attempt - 1)));
    }
  }
  throw lastError;
}
const quote = await retry(() => tools.getQuote({ symbol: "ACME" }));
quote.tries;
