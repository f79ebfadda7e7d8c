"""Programs in TypeScript, one construct each, with their results."""

# ruff: noqa: E501  (the programs are written as models write them)

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Construct:
    """A construct of TypeScript.

    Attributes:
        source: A program that has it.
        value: What the program gives.
    """

    source: str
    value: Any


TYPES: Final = (
    "number | string | null | undefined",
    "A & B & { c: number }",
    "Array<Map<string, Array<number>>>",
    "Record<string, number[][]>",
    "[first: number, second?: string, ...rest: boolean[]]",
    "readonly [a: 1, b?: 'x']",
    "[...A, ...B[]]",
    "() => void",
    "(a: number, b?: string, ...c: boolean[]) => a is string",
    "(this: Window, { a, b: [c] }: P, [d]: Q) => asserts a is B",
    "new (...args: any[]) => object",
    "abstract new () => object",
    "<T extends keyof U = 'a', const U = {}>(x: T) => U[T]",
    "(a: () => number) => (b: string) => void",
    "(string | number)[]",
    "keyof typeof x",
    "typeof x.y.z[number]['a']",
    "typeof import('m')",
    "import('m').A.B<C>",
    "unique symbol",
    "readonly string[]",
    "A['b'][number]['c']",
    "A extends B ? C : D extends infer E extends F ? [E] : never",
    "A extends (...args: infer P) => infer R ? (p: P) => R : never",
    "A extends [infer H extends string, ...infer T] ? H : T",
    "{ [K in keyof T]: T[K] }",
    "{ readonly [K in keyof T as `get${K & string}`]?: () => T[K] }",
    "{ -readonly [K in keyof T]-?: T[K] }",
    "{ +readonly [K in 'a' | 'b']+?: K; }",
    "{ a: number; b?: string, readonly c: boolean\n d(): void; e?<T>(x: T): T }",
    "{ (a: number): string; new (a: number): Date; [key: string]: unknown }",
    "{ get a(): number; set a(value: number); 'b-c': 1; 2: 3; [Symbol.iterator](): Iterator<number> }",
    "{ type: 'a'; in: 1, default: 2; new: 3; readonly: boolean; get: 4 }",
    "`a${string}b${`c${number}`}`",
    "`plain`",
    "-1 | 1n | 'a' | \"b\" | true | null | void | never",
    "\n  | 'a'\n  | 'b'",
    "Promise<Array<{ a: Set<Map<string, number>> }>>",
    "this",
    "A.B.C<D.E>",
    "(keyof: string, readonly: number, type: A, as: B, is: C) => void",
    "infer | keyof | unique | asserts | is",
    "[function: A, new?: B, ...default: C[]]",
    "A extends () => B extends C ? D : E ? F : G",
    "A extends [infer B\n extends string, ...infer C] ? [B, C] : never",
    "(() => A) | ((b: B) => C) | (D)",
    "typeof number.any | string.A<B> | typeof this.a<B>",
    "{ [infer in A]: B } & { [unique: string]: C } | & D",
)

_EXPRESSIONS: Final[tuple[tuple[str, Any], ...]] = (
    ("const f = (a: number): number => a + 1; f(1)", 2),
    ("const f = (a?: number, b = 2, ...c: number[]): number => (a ?? 0) + b + c.length; f()", 2),
    ("const f = <T,>(x: T): T => x; f(3)", 3),
    ("const f = <T extends object = {}>(x: T) => x; f({ a: 1 })", {"a": 1}),
    ("const f = async <T,>(x: T): Promise<T> => x; await f(4)", 4),
    ("const f = async (x: number): Promise<number> => x; await f(4)", 4),
    (
        "const f = ({ a, b: [c] }: { a: number; b: number[] }, [d]: number[] = [1]) => a + c + d; f({ a: 1, b: [2] })",
        4,
    ),
    ("const f = (x: unknown): x is string => typeof x === 'string'; f('')", True),
    ("let b = 1, d = 2; const f = (x: boolean) => x ? (b) : (c: number): number => d; f(true)", 1),
    ("const x: any = 1, b = 2; const g = x ? (b) : c => 5; g", 2),
    ("const x: any = 1; const g = x ? (b): number => b : null; g(7)", 7),
    ("const x: any = 1; const g = x ? y => (y.a) : z => z.b; g({ a: 8 })", 8),
    ("const x: any = 1; x ? (1) : (2)", 1),
    ("const x: any = 0; x ? (1, 2) : [3].map((y: number): number => y)[0]", 3),
    ("[1, 2].map((x: number) => x * 2).reduce((a: number, b: number): number => a + b, 0)", 6),
    ("const f = function <T>(this: any, x: T): T { return x }; f(1)", 1),
    (
        "const o = { f<T>(x: T): T { return x }, async g(a: number): Promise<number> { return a }, get h(): number { return 3 }, set h(v: number) {}, *i(): Generator<number> { yield 4 } }; [o.f(1), await o.g(2), o.h, ...o.i()]",
        [1, 2, 3, 4],
    ),
    (
        "const o = { get<T>(x: T) { return x }, async<T>(x: T) { return x }, set(x: number) { return x } }; [o.get(1), o.async(2), o.set(3)]",
        [1, 2, 3],
    ),
    ("function f<T>(x: T): T { return x } f<number>(5)", 5),
    ("new Map<string, Array<number>>([['a', [1]]]).get('a')!", [1]),
    ("new Set<number>().size", 0),
    ("new (class A<T> { constructor(public x: T) {} })<number>(6).x", 6),
    (
        "const t = (s: TemplateStringsArray, ...v: unknown[]) => s.raw.length + v.length; t<string>`a${1}b`",
        3,
    ),
    ("const o: any = { b: <T,>(x: T) => x }; o?.b<number>(2) + o.b?.<number>(3)", 5),
    ("const f = <T,>(x: T) => x; const g = f<string>; g('a')", "a"),
    ("const f = (x) => x; typeof f<string>", "function"),
    ("const f = <T,>(x: T) => x; [f<string>, f<number>].length", 2),
    ("let x: unknown = '3'; (x as string).length", 1),
    ("const x = { a: 1 } as const; x.a", 1),
    ("const x = [1, 2] as unknown as string[] as any; x.length", 2),
    ("const x = { a: 1 } satisfies Record<string, number>; x.a", 1),
    ("let a: any = 1; a as number + 1 * 2 - 1", 2),
    ("let a: any = 1; 2 + a as number * 2", 6),
    ("let a: any = 1, b = 3; a as number < b", True),
    ("let a: any = null; const b = a as string | null ?? 'x'; b", "x"),
    ("let x: any = { y: { z: [1] } }; x!.y!.z![0]!", 1),
    ("let x: any = { n: 1 }; x!.n!++; (x as any).n += 1; x.n", 3),
    ("let x: any = 1; (x as number) = 2; x", 2),
    ("let x: any = 1; x! + 1 === 2 && !x! === false", True),
    ("const x: any = { f: () => 4 }; x.f!()", 4),
    ("const x: any = { a: undefined }; x?.a!?.b ?? 'none'", "none"),
    ("const x = <number>(<any>'4'); x", "4"),
    ("const x = <const>['a']; x", ["a"]),
    ("const f = (x: any) => x; f<<T>(x: T) => T>(<<T>(x: T) => T>5) << 1", 10),
    ("let x = <T,>(y: T) => <T>y; x(2)", 2),
    ("for (const x of [1, 2] as number[]) { if (x > 1) x }", 2),
    ("let n = 0; for (const { a } of [{ a: 1 }] as { a: number }[]) n += a; n", 1),
    ("let n = 0; for (let i: number = 0, j: number = 2; i < j; i++) n += i; n", 1),
    ("let n = 0; for (const x: number of [1, 2]) n += x; n", 3),
    ("try { throw new Error('a') } catch (e: unknown) { (e as Error).message }", "a"),
    ("try { throw { a: 1 } } catch ({ a }: any) { a }", 1),
    ("let x: number; x = 1; x", 1),
    ("let x!: number; x = 1; x", 1),
    ("const { a, ...b }: { a: number; [k: string]: number } = { a: 1, c: 2 }; b", {"c": 2}),
    ("const [a, b]: [number, string] = [1, 'x'], c: number = 2; [a, b, c]", [1, "x", 2]),
    ("let x: Array<number>= [1]; x", [1]),
    ("let f: <T>(x: T) => Array<T>= x => [x]; f(1)", [1]),
    ("const f = (g: (x: number) => number = (x): number => x + 1) => g(1); f()", 2),
    ("const f = (): { a: number } => ({ a: 1 }); f().a", 1),
    (
        "const f = (\n  a: number,\n  b?: number,\n)\n  : {\n  sum: number;\n} => ({ sum: a + (b ?? 1) });\nf(1).sum",
        2,
    ),
    ("const x: any = 1, b = 2; const g = x\n  ? (b)\n  : c => 5;\ng", 2),
    ("await new Promise<void>((resolve) => setTimeout(resolve, 1)); 'done'", "done"),
    (
        "[1, null, 2].filter((x): x is NonNullable<typeof x> => x !== null).map<string>((x) => `${x!}`)",
        ["1", "2"],
    ),
    (
        "async function* f<T>(xs: T[], n = 1): AsyncGenerator<T[], void, unknown> { yield xs } let n = 0; for await (const x of f<number>([1])) n += x.length; n",
        1,
    ),
    (
        "const o = { 'a-b'(x: number): number { return x }, ['c' + 'd']<T>(x: T): T { return x }, async *e<T>(x: T): AsyncGenerator<T> { yield x } }; o['a-b'](1) + o.cd(2)",
        3,
    ),
    ("return (1 as number)", 1),
    ("const x: number = await Promise.resolve<number>(1); x", 1),
    ("const f = async (): Promise<void> => { }; (await f()) as undefined ?? 0", 0),
)

_STATEMENTS: Final[tuple[tuple[str, Any], ...]] = (
    (
        "interface A { a: number; b?(): void }\ninterface B<T> extends A, Array<T> { }\nconst x: A = { a: 1 }; x.a",
        1,
    ),
    ("type A<T = string> = T | { a: A<T>[] };\ntype B = A\nconst x: B = 'x'; x", "x"),
    ("type A =\n  | { kind: 'a' }\n  | { kind: 'b' }\nconst x: A = { kind: 'a' }; x.kind", "a"),
    ("declare const a: number, b: string;\ndeclare let c;\ndeclare var d: { e: 1 };\n1", 1),
    ("declare function f(x: number): string;\ndeclare async function g(): Promise<void>\n2", 2),
    (
        "declare class A<T> extends B<T> { private a: number; constructor(x: T); static m(): void }\n3",
        3,
    ),
    ("declare abstract class A { abstract a(): void }\n3", 3),
    ("declare enum E { A }\ndeclare const enum F { B }\n4", 4),
    (
        "declare namespace N { const x: number; function f(): void }\ndeclare module 'm' { export const y: 1 }\ndeclare global { interface Window { a: 1 } }\n5",
        5,
    ),
    ("declare type T = 1;\ndeclare interface I { a: 1 }\n6", 6),
    (
        "abstract class A { abstract a(): number; abstract b: string; protected abstract get c(): number; d(): number { return this.a() } }\nclass B extends A { b = 'x'; a() { return 1 } get c() { return 2 } }\nnew B().d()",
        1,
    ),
    (
        "class A { public a = 1; private b: number = 2; protected readonly c?: string; static readonly d: number = 4; public static e = 5; override f = 6; declare g: number; h!: string; 'i-j'?: 1; [k: string]: any; static [k: number]: string; #l: number = 7; get m(): number { return this.#l } set m(v: number) { this.#l = v } }\nconst a = new A(); a.m = 9; [a.a, A.d, A.e, a.m, 'g' in a, 'h' in a]",
        [1, 4, 5, 9, False, True],
    ),
    (
        "class A { private async a(): Promise<number> { return 1 } static async *b(): AsyncGenerator<number> { yield 2 } protected static get c(): number { return 3 } public *d(): Generator<number> { yield 4 } }\nconst a = new A(); [await a.a(), A.c, ...a.d()]",
        [1, 3, 4],
    ),
    (
        "class A { f(x: number): number;\n f(x: string): string\n f(x: any) { return x } constructor(a: number); constructor(a: string); constructor(a: any) { } static g(): void; static g(x?: number) { return 3 } async h(): Promise<void>; async h(x?: number) { return 4 } }\nconst a = new A(1); [a.f(1), A.g(), await a.h()]",
        [1, 3, 4],
    ),
    (
        "class A<T> { constructor(private x: T, public readonly y = 2, z: number, protected w?: number) { } sum() { return this.y + (this.x as any) } }\nconst a = new A<number>(1, undefined, 3); [a.sum(), Object.keys(a)]",
        [3, ["x", "y", "w"]],
    ),
    (
        "class A { url = `${this.base}/x`; constructor(private base: string) { } }\nnew A('h').url",
        "h/x",
    ),
    (
        "class A { a = 1 }\nclass B extends A { c = this.b + 1; constructor(public b: number) { super(); this.b += 1 } }\nconst b = new B(4); [b.a, b.b, b.c]",
        [1, 5, 5],
    ),
    (
        "class A { constructor(public name: string) {} }\nclass B extends A { name: string; constructor(n: string) { super(n) } }\nnew B('x').name",
        "x",
    ),
    (
        "class A { constructor(readonly f = (x: number) => x + 1, { g }: { g: number } = { g: 3 }) { this.g = g } g: number }\nconst a = new A(); [a.f(1), a.g]",
        [2, 3],
    ),
    (
        "class A<T> { }\nclass B<T> extends A<T> implements I, J<T>, K.L { x = 1 }\nclass C extends (A as any)<number> { y = 2 }\n[new B<number>().x, new C().y]",
        [1, 2],
    ),
    (
        "const C = class<T> implements I { x: T; constructor(x: T) { this.x = x } };\nnew C<number>(3).x",
        3,
    ),
    (
        "class A { static x: number; readonly: boolean = true; declare = 1; type: string = 't'; get: number = 2; set?: number; static?: string; async!: number; public = 3; abstract() { return 4 } }\nconst a = new A(); [a.readonly, a.declare, a.type, a.get, a.public, a.abstract()]",
        [True, 1, "t", 2, 3, 4],
    ),
    (
        "class A { get<T>(k: string): T { return k as T } set(k: string): void { } static of<T>(x: T): A { return new A() } async<T>(x: T) { return x } delete?(): void; }\n[new A().get<string>('k'), A.of(1) instanceof A, new A().async(5)]",
        ["k", True, 5],
    ),
    (
        "class A { private readonly m = new Map<string, number>(); add(k: string, v: number): this { this.m.set(k, v); return this } is(x: unknown): x is A { return x instanceof A } }\nnew A().add('a', 1).is(1)",
        False,
    ),
    (
        "class A { [Symbol.iterator](): Iterator<number>;\n *[Symbol.iterator]() { yield 1 } ['b' + 'c']: number = 2 }\n[...new A() as any, (new A() as any).bc]",
        [1, 2],
    ),
    (
        "function f(a: number): number;\nfunction f(a: string): string\nfunction f(a: any): any { return a }\nf(1)",
        1,
    ),
    ("export function f(a: number): number;\nexport function f(a: any) { return a }\nf(2)", 2),
    (
        "async function f(a: number): Promise<number>;\nasync function f(a: any) { return a }\nawait f(2)",
        2,
    ),
    (
        "function f() { function g(): void; function g(x?: number) { return 1 } interface I { } type T = 1; enum E { A = 5 } return E.A + g() } f()",
        6,
    ),
    (
        "function f(x: unknown): asserts x is string { } function g(this: Date, x: any): asserts x { } f(1); typeof g",
        "function",
    ),
    (
        "class A { private static readonly made: Map<string, A> = new Map(); private constructor(protected readonly n: number) { } static #c?: number = 0; static { A.#c! += 2; } static of(n: number): A { return new A(n + A.#c!) } }\n(A.of(3) as any).n",
        5,
    ),
    ("enum E { A, B, C = 10, D }\n[E.A, E.B, E.D, E[0], E[11]]", [0, 1, 11, "A", "D"]),
    (
        "enum E { A = 'a', B = `b`, 'c-d' = 'e' }\n[E.A, E.B, E['c-d'], Object.keys(E).length]",
        ["a", "b", "e", 3],
    ),
    (
        "enum E { A = 1 << 0, B = 1 << 1, AB = A | B, N = E.AB + 1, L = 'abc'.length, M }\n[E.AB, E.N, E.L, E.M, E[3]]",
        [3, 4, 3, 4, "L"],
    ),
    ("const enum E { A = -1, B }\nE.B", 0),
    ("enum E { default, in = 5, if }\n[E.default, E.if]", [0, 6]),
    ("enum E { A = 'x' + 1, }\n[E.A, Object.keys(E)]", ["x1", ["A"]]),
    ("{ enum E { A = 3 } E.A }", 3),
    ("export enum E { A = 2 }\nexport const enum F { B = 3 }\nE.A + F.B", 5),
    (
        "import type { A } from 'a';\nimport type B from \"b\"\nimport type * as C from 'c';\nimport { type D, type E as F } from 'd' with { type: 'json' };\n1",
        1,
    ),
    (
        "export type { A } from 'a';\nexport type B = 1;\nexport type { B };\nexport type * from 'c'\nexport interface C { }\n2",
        2,
    ),
    (
        "export const x = 1;\nexport let y: number = 2;\nexport var z = 3;\nexport { x, y as w };\nexport {};\nx + y + z",
        6,
    ),
    (
        "export async function f(): Promise<number> { return 1 }\nexport class A { x = 2 }\nexport abstract class B { }\nexport declare const c: number;\nawait f() + new A().x",
        3,
    ),
    ("const a = 1;\nexport default a + 1", 2),
    ("export default { a: 1 };", {"a": 1}),
    ("export default async (x: number) => x;\n3", 3),
    ("export default function f(x: number) { return x }\nf(4)", 4),
    ("export default class A { x = 5 }\nnew A().x", 5),
    ("export default class { x = 5 }\n6", 6),
    ("export default interface A { }\n7", 7),
    ("export default abstract class A { y = 8 }\nnew (A as any)().y", 8),
    (
        "let type = 3; type = 4; let as: number = 1; let declare = 2, namespace = 5, module = 6, abstract = 7, of = 8, is = 9, keyof = 10;\ndeclare\nabstract;\n[type, as, declare, namespace, module, abstract, of, is, keyof]",
        [4, 1, 2, 5, 6, 7, 8, 9, 10],
    ),
    ("let type: any = 3, X: any;\ntype\nX = 1;\n[type, X]", [3, 1]),
    (
        "var declare: any = (x: number) => x, interface = 4, satisfies = 5;\n[declare(3), interface, satisfies, { type: 1 }.type]",
        [3, 4, 5, 1],
    ),
    (
        "const o: any = { type: 1, as: 2, interface: 3, enum: 4 }; o.type + o.as + o.interface + o.enum",
        10,
    ),
    ("let a: number = 1, b = 2, c = 3; a < b && b > (c)", False),
    ("let async: number = 1; async < 2", True),
    ("let i: any = 8, g = 2; i / g > 3 ? /x>/.test('x>') : 0", True),
    ("a: for (const x of [1] as number[]) { continue a }\nb: { let y: number = 2; y }", 2),
)

CONSTRUCTS: Final = (
    *(Construct(f"type T = {each};\nlet v: {each} = 1;\nv", 1) for each in TYPES),
    *(Construct(source, value) for source, value in (*_EXPRESSIONS, *_STATEMENTS)),
)
