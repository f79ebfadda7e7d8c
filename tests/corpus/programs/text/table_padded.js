const items = [["Keyboard", 49.9], ["Mouse", 19.95], ["Monitor", 249]];
items.forEach(([name, price]) => {
  console.log(name.padEnd(10, ".") + price.toFixed(2).padStart(8));
});
