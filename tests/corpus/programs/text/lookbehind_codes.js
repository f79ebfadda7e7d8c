const log = await tools.readFile({ path: "/logs/app.log" });
const codes = log.match(/(?<=code=)[A-Z_]+(?=\))/g);
const slow = [...log.matchAll(/(\d+)ms/g)].map((m) => Number(m[1])).filter((ms) => ms > 40);
({ codes, slow });
