function grade(score) {
  switch (true) {
    case score >= 90: return 'A';
    case score >= 80: return 'B';
    default: return 'C';
  }
}
[95, 85, 20].map(grade).join('');
