const graph = { A: { B: 7, C: 3 }, B: { D: 2 }, C: { B: 1, D: 8 }, D: {} };
function dijkstra(start) {
  const dist = Object.fromEntries(Object.keys(graph).map((k) => [k, Infinity]));
  dist[start] = 0;
  const queue = new Set(Object.keys(graph));
  while (queue.size) {
    const u = [...queue].reduce((a, b) => (dist[a] <= dist[b] ? a : b));
    queue.delete(u);
    for (const [v, w] of Object.entries(graph[u])) {
      dist[v] = Math.min(dist[v], dist[u] + w);
    }
  }
  return dist;
}
dijkstra("A");
