function greet(name: string, greeting?: string, ...titles: string[]): string {
  return [greeting ?? 'Hello', ...titles, name].join(' ');
}
console.log(greet('Ada'));
console.log(greet('Ada', 'Hi', 'Dr.', 'Prof.'));
