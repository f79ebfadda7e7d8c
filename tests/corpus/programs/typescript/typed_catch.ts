let message: string | undefined;
try {
  await tools.readFile({ path: "/missing.txt" });
} catch (error: unknown) {
  if (error instanceof Error) {
    message = error.message.includes("/missing.txt") ? "missing" : error.message;
  }
}
message;
