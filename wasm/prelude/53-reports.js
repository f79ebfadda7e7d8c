// Errors that nothing can catch any more go to the console.
//
// from 10-primordials: *
// from 34-error-text: isError
// from 41-describe: describe
// from 52-console: printLine
// gives: report reportRejection

function report(label, thrown) {
  const parts = describe(thrown);
  const frames = parts[2] && '\n' + parts[2];
  const text = isError(thrown) ? parts[0] + ': ' + parts[1] + frames
    : stringSlice(parts[1], 'Uncaught '.length);
  printLine(label + text);
}

function reportRejection(reason) {
  report('Uncaught (in promise) ', reason);
}
