enum Priority { Low, Medium, High = 10, Urgent }
const names: string[] = [Priority[0], Priority[10], Priority[11]];
console.log(names.join(','), Priority.Urgent, Priority.Medium);
