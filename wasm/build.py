"""Builds `guest.wasm`: QuickJS-NG and our own C, compiled, booted and frozen.

    python wasm/build.py OUTPUT.wasm [--work DIR]

The engine's sources come out of the sdist of `quickjs-ng`, found by pip under its pinned hash; the
compiler is the `ziglang` wheel. The result imports nothing, and the same inputs give the same
bytes on every machine. See wasm/README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import freeze  # noqa: E402  (this folder is not a package: it must not be one when installed)

ENGINE = "quickjs-ng==0.17.0.2"
ENGINE_SHA256 = "43d2e48272208721a7aaea8e3f02d4b9318f12ef20cc4f5421b59d9a470706ef"
ENGINE_FILES = ("quickjs.c", "dtoa.c", "libregexp.c", "libunicode.c")
STACK_BYTES = 1024 * 1024
STACK_RESERVE = 64 * 1024
FLAGS = (
    "-target",
    "wasm32-wasi",
    "-mexec-model=reactor",
    "-O2",
    "-s",
    "-DNDEBUG",
    "-std=gnu23",
    "-ffile-prefix-map=.=guest",
    f"-DGUEST_STACK_BYTES={STACK_BYTES}",
    f"-DGUEST_STACK_RESERVE={STACK_RESERVE}",
    f"-Wl,-z,stack-size={STACK_BYTES}",
)

# Small changes to the engine, each with its reason. Every `old` must occur exactly once.
PATCHES: tuple[tuple[str, str, str, str], ...] = (
    (
        "quickjs.c",
        "free blocks hold old data, which would go into every snapshot",
        "/* free any arenas still mapped at runtime teardown (normally none: empty\n",
        "void JS_ScrubArenas(JSRuntime *rt);\n"
        "void JS_ScrubArenas(JSRuntime *rt)\n{\n"
        "    struct list_head *el;\n"
        "    for (int i = 0; i < JS_ARENA_BLOCK_SIZE_COUNT; i++) {\n"
        "        size_t size = arena_block_sizes[i];\n"
        "        list_for_each(el, &rt->arena_state.free_arena_list[i]) {\n"
        "            JSArena *ar = list_entry(el, JSArena, free_link);\n"
        "            uint16_t n = ar->first_free_block;\n"
        "            while (n != JS_ARENA_FREE_NIL) {\n"
        "                JSMallocBlockHeader *b = arena_get_block(ar, n, size);\n"
        "                n = b->u.free_next;\n"
        "                b->gc_obj_type = b->mark = b->ref_count = 0;\n"
        "                memset(b->user_data, 0, size - sizeof *b);\n"
        "            }\n        }\n    }\n}\n\n"
        "/* free any arenas still mapped at runtime teardown (normally none: empty\n",
    ),
    (
        "quickjs.c",
        "a later script may declare a name again: forget the earlier script's let, const or class",
        "    if (prs) {\n    fail_redeclaration:\n"
        "        JS_ThrowSyntaxErrorVarRedeclaration(ctx, prop);\n        return -1;\n    }\n",
        "    if (prs)\n"
        "        return delete_property(ctx, p, prop) < 0 ? -1 : 0;\n"
        "    return 0;\n fail_redeclaration:\n"
        "    JS_ThrowSyntaxErrorVarRedeclaration(ctx, prop);\n    return -1;\n",
    ),
    (
        "quickjs.c",
        "the same for an earlier script's var or function: unlike NaN, undefined and the like it is "
        "writable",
        "        if (prs && !(prs->flags & JS_PROP_CONFIGURABLE))\n            goto fail_redeclaration;",
        "        if (prs && !(prs->flags & (JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE)))\n"
        "            goto fail_redeclaration;",
    ),
    (
        "quickjs.c",
        "top-level return, in the async scripts that we run: gives { value } as their end does",
        "        if (s->cur_func->is_eval) {\n            js_parse_error(s, \"return not in a function\");\n"
        "            goto fail;\n        }",
        "        if (s->cur_func->is_eval) {\n"
        "            if (s->cur_func->func_kind != JS_FUNC_ASYNC || s->is_module) {\n"
        "                js_parse_error(s, \"return not in a function\");\n"
        "                goto fail;\n            }\n"
        "            if (next_token(s))\n                goto fail;\n"
        "            emit_op(s, OP_object);\n"
        "            if (s->token.val != ';' && s->token.val != '}' && s->token.val != TOK_EOF\n"
        "                && !s->got_lf) {\n"
        "                if (js_parse_expr(s))\n                    goto fail;\n"
        "            } else {\n                emit_op(s, OP_undefined);\n            }\n"
        "            emit_op(s, OP_define_field);\n            emit_atom(s, JS_ATOM_value);\n"
        "            emit_return(s, true);\n"
        "            if (js_parse_expect_semi(s))\n                goto fail;\n            break;\n"
        "        }",
    ),
)


def engine_sources(work: Path) -> Path:
    """The engine's sources, unpacked and patched below `work`; fetched when not there yet."""
    downloads = work / "download"
    archives = sorted(downloads.glob("quickjs_ng-*.tar.gz"))
    if not archives:
        requirement = work / "engine.txt"
        requirement.write_text(f"{ENGINE} --hash=sha256:{ENGINE_SHA256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", ":all:", "--require-hashes"]
        command += ["--dest", str(downloads), "--requirement", str(requirement)]
        subprocess.run(command, check=True)
        archives = sorted(downloads.glob("quickjs_ng-*.tar.gz"))
    (archive,) = archives
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != ENGINE_SHA256:
        raise SystemExit(f"{archive.name}: SHA-256 is {digest}, expected {ENGINE_SHA256}")
    target = work / "engine"
    target.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            folder, name = os.path.split(member.name)
            if member.isfile() and folder.endswith("/upstream-quickjs"):
                source = tar.extractfile(member)
                assert source is not None
                (target / name).write_bytes(source.read())
    for name, reason, old, new in PATCHES:
        path = target / name
        text = path.read_text()
        if text.count(old) != 1:
            raise SystemExit(f"{name} has changed; a patch no longer fits: {reason}")
        path.write_text(text.replace(old, new))
    return target


def write_prelude(path: Path) -> None:
    """Joins the parts of the prelude into the one function that the guest calls at boot."""
    parts = [part.read_text() for part in sorted((HERE / "prelude").glob("*.js"))]
    path.write_text("(function (host) {\n'use strict';\n" + "\n".join(parts) + "\n})")


def compile_guest(work: Path) -> bytes:
    """Compiles engine and guest to one WebAssembly module that has not booted yet."""
    engine = engine_sources(work)
    generated = work / "generated"
    generated.mkdir(exist_ok=True)
    write_prelude(generated / "prelude.js")
    output = work / "compiled.wasm"
    # Relative names and a fixed working directory: no path of this machine gets into the module.
    sources = [os.path.relpath(p, work) for p in sorted((HERE / "src").glob("*.c"))]
    sources += [os.path.relpath(engine / name, work) for name in ENGINE_FILES]
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS]
    command += ["-I", "engine", "--embed-dir=generated", *sources, "-o", output.name]
    subprocess.run(command, cwd=work, check=True)
    return output.read_bytes()


def build(output: Path, work: Path) -> str:
    """Builds the module into `output`, with `work` for what is in between; gives its SHA-256."""
    work.mkdir(parents=True, exist_ok=True)
    module = freeze.freeze(compile_guest(work))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(module)
    return hashlib.sha256(module).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the guest module.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, help="folder to keep what is downloaded and compiled")
    options = parser.parse_args()
    if options.work:
        print(build(options.output, options.work.resolve()))
        return
    with tempfile.TemporaryDirectory() as work:
        print(build(options.output, Path(work)))


if __name__ == "__main__":
    main()
