console.group("Orders");
console.log("A-1001");
console.groupEnd();
console.log("end");
