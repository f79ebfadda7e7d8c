"""Graphs that an API server serves; what their tools do is noted in the server's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deepagents import create_deep_agent
from langchain.agents import create_agent

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from tests.helpers.models import ScriptedModel
from tests.helpers.shop import Shop

KEY = "a secret that no client may see"
PROGRAM = """
const seen = await tools.lookUp({ key: "ann" });
console.log("seen", seen.price);
const paid = await Promise.all(["ann", "bob"].map((to) => tools.pay({ to, amount: 1 })));
paid.push(await tools.pay({ to: "eve", amount: seen.price }));
paid.length
"""
DELEGATING = 'await task({ description: "Pay dan.", subagentType: "payer" })'

_tools = Shop(Path("shop.log")).tools()
_gates: dict[str, Any] = {"pay": True}
_payer = ScriptedModel(turns=[[("pay", {"to": "dan", "amount": 2})]])

agent = create_agent(
    ScriptedModel(turns=[[("eval", {"code": PROGRAM})]]),
    _tools,
    middleware=[
        CodeInterpreterMiddleware(
            ptc=["look_up", "pay"],
            interrupt_on=_gates,
            durability="call",
            snapshot_signing_key=KEY,
        )
    ],
)
deep_agent = create_deep_agent(
    ScriptedModel(turns=[[("eval", {"code": PROGRAM})], [("eval", {"code": DELEGATING})]]),
    tools=_tools,
    interrupt_on=_gates,
    subagents=[
        {
            "name": "payer",
            "description": "Pays.",
            "system_prompt": "You pay.",
            "model": _payer,
            "tools": _tools,
        }
    ],
    middleware=[
        CodeInterpreterMiddleware(ptc=["look_up", "pay"], snapshot_signing_key=KEY),
    ],
)
script = create_script_graph(
    _tools, interrupt_on=_gates, on_unfit_answer="raise", snapshot_signing_key=KEY
)
