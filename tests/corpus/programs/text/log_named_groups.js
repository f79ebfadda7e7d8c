const log = await tools.readFile({ path: "/logs/app.log" });
const LINE = /^(?<time>\S+)\s+(?<level>INFO|WARN|ERROR)\s+\[(?<source>\w+)\]\s+(?<message>.*)$/;
const entries = log.split("\n").filter(Boolean).map((line) => ({ ...line.match(LINE)?.groups }));
const errors = entries.filter((e) => e.level === "ERROR");
errors.map(({ source, message }) => `${source}: ${message}`);
