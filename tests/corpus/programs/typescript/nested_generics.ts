const index = new Map<string, Array<Map<string, number>>>();
index.set('a', [new Map<string, number>([['x', 1]])]);
const get = (k: string): Promise<Map<string, number>[]> => Promise.resolve(index.get(k) as Array<Map<string, number>>);
const first: number | undefined = (await get('a'))[0]?.get('x');
first;
