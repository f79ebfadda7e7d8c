function vat(net) {
  return net * 0.19;
}
{ net: 100, vat: vat(100), gross: [100, vat(100)].reduce((a, b) => a + b) }
