let ticks = 0;
await new Promise((resolve) => {
  const id = setInterval(() => {
    ticks++;
    if (ticks === 3) { clearInterval(id); resolve(); }
  }, 5);
});
console.log("ticks:", ticks);
