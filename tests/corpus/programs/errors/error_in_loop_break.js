let attempts = 0, quote = null;
while (!quote && attempts < 10) {
  attempts++;
  try { quote = await tools.getQuote({ symbol: "XYZ" }); }
  catch (e) { if (!e.message.includes("503")) throw e; }
}
`${quote.symbol} ${quote.price} after ${attempts} attempts`;
