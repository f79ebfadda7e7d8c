console.info("info line");
console.warn("warn line");
console.error("error line");
console.debug("debug line");
"ok";
