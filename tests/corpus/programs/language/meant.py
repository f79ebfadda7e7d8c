from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "abort_controller": Meant(by="claude", result={"outcome": "too slow", "aborted": True}),
    "array_from_async": Meant(by="claude", result=17),
    "async_iterator_class": Meant(by="claude", result="112.30"),
    "closures_counter": Meant(by="mistral", result=6),
    "comma_and_conditional": Meant(by="claude", result={"steps": 111, "peak": 9232}),
    "compose_pipe": Meant(by="deepseek", result="00070"),
    "debounce_timers": Meant(by="gpt", result=[3]),
    "event_emitter": Meant(by="gpt", result=["A-1"]),
    "generator_pages": Meant(by="claude", result=[2, 2]),
    "generator_take": Meant(by="gpt", result=[1, 2, 3, 4, 5]),
    "getters_symbols": Meant(by="gpt", result=[212, "0°C", 5]),
    "if_completion": Meant(by="llama", result="Wear a coat"),
    "inheritance": Meant(by="llama", console="Circle(3.14), Rect(6.00)\n9.142"),
    "iterator_helpers": Meant(by="claude", result=[0, 20, 80, 340, 1440]),
    "labelled_loops": Meant(by="gpt", result=[1, 1]),
    "microtask_order": Meant(by="gpt", result=["sync", "microtask", "promise", "timeout"]),
    "private_fields": Meant(
        by="gpt", result={"balance": 70, "count": 1, "error": "RangeError: Insufficient funds"}
    ),
    "promise_with_resolvers": Meant(by="claude", result=56),
    "proxy_defaults": Meant(by="claude", result=[4, 0]),
    "set_interval": Meant(by="qwen", console="ticks: 3"),
    "sleep_between": Meant(by="claude", result="rain -> cloudy"),
    "switch_true": Meant(by="gemini", result="ABC"),
    "timeout_race": Meant(by="gpt", result="Timed out after 15ms"),
    "try_completion": Meant(by="gpt", result="Bruno Keller", console="lookup finished"),
}
