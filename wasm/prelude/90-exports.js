define(Math, 'random', function random() { return host.random(); });

return {
  flatten, revive, getTime, toHex, fromHex, describe, runTimers, nextTimer, clearTimers, reportRejection,
};
