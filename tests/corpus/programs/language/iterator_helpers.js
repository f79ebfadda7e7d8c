function* fib() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b]; } }
fib().filter((n) => n % 2 === 0).map((n) => n * 10).take(5).toArray();
