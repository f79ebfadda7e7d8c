const config = {
  retries: 3,
  endpoints: ["orders", "customers"],
} satisfies { retries: number; endpoints: string[] };
config.endpoints.length + config.retries;
