function sieve(limit) {
  const isPrime = new Uint8Array(limit + 1).fill(1);
  isPrime[0] = isPrime[1] = 0;
  for (let i = 2; i * i <= limit; i++) {
    if (!isPrime[i]) continue;
    for (let j = i * i; j <= limit; j += i) isPrime[j] = 0;
  }
  const primes = [];
  for (let i = 2; i <= limit; i++) if (isPrime[i]) primes.push(i);
  return primes;
}
const primes = sieve(100000);
({ count: primes.length, last: primes[primes.length - 1] });
