enum Level { Debug, Info, Warn, Error }
const names = Object.keys(Level).filter((k) => isNaN(Number(k)));
function describe(level: Level): string {
  switch (level) {
    case Level.Warn:
    case Level.Error:
      return "bad";
    default:
      return "fine";
  }
}
console.log(names.join("|"), describe(Level.Error), Level[Level.Info]);
