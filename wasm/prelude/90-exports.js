return {
  flatten, revive, getTime, toHex, fromHex, describe, runTimers, nextTimer, clearTimers, reportRejection,
  timers,
};
