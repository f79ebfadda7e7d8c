const pairs: [name: string, score: number][] = [["x", 2], ["y", 5]];
const [[bestName, bestScore]]: [string, number][] = pairs.toSorted(([, a]: [string, number], [, b]: [string, number]) => b - a);
({ bestName, bestScore });
