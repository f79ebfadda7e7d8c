type Constructor<T> = new (...args: any[]) => T;
interface Step { run(input: number): number }
class Double implements Step { run(input: number): number { return input * 2; } }
class Increment implements Step { constructor(private readonly by: number = 1) {} run(input: number) { return input + this.by; } }
const build = <T extends Step>(Type: Constructor<T>, ...args: unknown[]): T => new Type(...args);
const steps: Step[] = [build(Double), build(Increment, 5)];
steps.reduce((value: number, step: Step): number => step.run(value), 10);
