from __future__ import annotations

from typing import Final

from tests.corpus.cases import Meant

MEANT: Final = {
    "aggregate_error": Meant(by="claude", result={"name": "AggregateError", "n": 2, "all": True}),
    "custom_error_class": Meant(
        by="gpt",
        result={
            "name": "NotFoundError",
            "entity": "Customer",
            "text": "NotFoundError: Customer nobody not found",
        },
    ),
    "error_in_loop_break": Meant(by="deepseek", result="XYZ 101.25 after 3 attempts"),
    "error_is_error": Meant(by="claude", result={"isError": True, "mentions": True}),
    "file_fallback": Meant(
        by="claude", result=["/data/config.json", 3], console="skip /data/settings.json"
    ),
    "finally_order": Meant(
        by="gpt",
        result={
            "a": "ok",
            "b": "failed",
            "events": ["start", "cleanup", "start", "caught", "cleanup"],
        },
    ),
    "json_parse_error": Meant(
        by="gpt",
        result=[
            {"ok": True, "value": {"a": 1}},
            {"ok": False, "name": "SyntaxError"},
            {"ok": False, "name": "SyntaxError"},
        ],
    ),
    "map_with_catch": Meant(by="llama", console="Total: 338.8"),
    "message_includes": Meant(by="gpt", result="not found"),
    "null_property": Meant(by="gpt", result="no address"),
    "per_item_try": Meant(by="gpt", result=["Berlin: 4", "Atlantis: failed", "Tokyo: 11"]),
    "promise_any": Meant(by="claude", result="A-1002"),
    "rethrow_with_cause": Meant(
        by="claude", result={"message": "Could not load order X-1", "cause": True}
    ),
    "retry_backoff": Meant(by="claude", result=3, console="Attempt 1 failed\nAttempt 2 failed"),
    "settled_reasons": Meant(by="qwen", result=["sunny", True]),
    "validation_errors": Meant(
        by="gemini", console="TypeError -> id is required; total must be positive"
    ),
}
