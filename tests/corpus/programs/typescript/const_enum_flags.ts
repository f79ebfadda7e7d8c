const enum Perm { Read = 1 << 0, Write = 1 << 1, Exec = 1 << 2 }
const mine: number = Perm.Read | Perm.Exec;
[(mine & Perm.Write) !== 0, (mine & Perm.Exec) !== 0];
