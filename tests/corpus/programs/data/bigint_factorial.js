function factorial(n) {
  return n <= 1n ? 1n : n * factorial(n - 1n);
}
factorial(25n).toString();
