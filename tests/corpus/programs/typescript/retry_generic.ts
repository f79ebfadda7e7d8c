type AsyncFn<T> = () => Promise<T>;
interface RetryOptions { attempts?: number; shouldRetry?: (e: Error) => boolean }
async function withRetry<T>(fn: AsyncFn<T>, { attempts = 3, shouldRetry = () => true }: RetryOptions = {}): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await fn();
    } catch (e) {
      if (i >= attempts || !shouldRetry(e as Error)) throw e;
    }
  }
}
const q = await withRetry<{ price: number }>(() => tools.getQuote({ symbol: "TS" }), { shouldRetry: (e: Error) => e.message.includes("503") });
q.price;
