const names = ["Zoë", "ärger", "Adam", "zebra", "Émile", "eve"];
const sorted = [...names].sort((a, b) => a.localeCompare(b));
sorted;
