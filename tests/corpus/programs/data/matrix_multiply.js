const multiply = (A, B) => A.map((row) => B[0].map((_, j) => row.reduce((s, v, k) => s + v * B[k][j], 0)));
const transpose = (M) => M[0].map((_, i) => M.map((r) => r[i]));
const A = [[1, 2], [3, 4], [5, 6]];
multiply(A, transpose(A));
