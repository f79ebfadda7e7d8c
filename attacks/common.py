import json, sqlite3, sys
from typing import Any
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from langchain_quickjs import *
from langchain_quickjs import create_script_graph, pending, timeline, pending_threads
done=[]
def lookup_order(order_id: str) -> Any:
    """Look."""
    done.append(("look",order_id)); return {"id":order_id,"price":80}
def issue_refund(order_id: Any, amount: Any=1) -> str:
    """Refund."""
    done.append(("refund",order_id,amount)); return f"{order_id}: {amount} refunded"
n=0
def ask(source, saver=None, tools=None, on=None, **kw):
    global n; n+=1
    saver = saver or InMemorySaver()
    g=create_script_graph(tools or [lookup_order, issue_refund], interrupt_on=on or {"issue_refund":True}, checkpointer=saver, **kw)
    c={"configurable":{"thread_id":f"t{n}"}}
    r=g.invoke({"source":source},c)
    return g,c,r
def shown(source, **kw):
    g,c,r=ask(source,**kw)
    it=g.get_state(c).interrupts
    if not it: print("NO INTERRUPT", str(r)[:1000]); return None
    return it[0].value
def yes(g,c,d={"type":"approve"}):
    return g.invoke(Command(resume={i.id:{"decisions":[d]*len(i.value["action_requests"])} for i in g.get_state(c).interrupts}),c)
