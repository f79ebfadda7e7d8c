// What C asks the prelude for.
//
// from 10-primordials: *
// from 20-codec: flatten fromHex revive toHex
// from 41-describe: describe showResult
// from 53-reports: reportRejection
// from 61-timers: clearTimers nextTimer runTimers timers
// from 74-url: urlText

return {
  flatten, revive, getTime, toHex, fromHex, describe, showResult, runTimers, nextTimer, clearTimers,
  reportRejection, timers, urlText,
};
