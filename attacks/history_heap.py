from common import *
from forged_nested import ScriptedModel, CodeInterpreterMiddleware
from langchain.agents import create_agent
saver=InMemorySaver()
mw=CodeInterpreterMiddleware(ptc=[lookup_order,issue_refund],interrupt_on={"issue_refund":True},snapshot_signing_key=b"k"*32)
g=create_agent(model=ScriptedModel(turns=[[("eval",{"code":'const secret="my-secret-"+"x".repeat(10); await tools.issueRefund({order_id:"x", amount:1})'})],[("eval",{"code":"const more=1; await tools.issueRefund({order_id:'y', amount:1})"})]]),middleware=[mw],checkpointer=saver)
c={"configurable":{"thread_id":"1"}}
g.invoke({"messages":[("user","go")]},c); yes(g,c); yes(g,c)
for h in g.get_state_history(c):
    print(h.next, list(h.values), [(t.name, {k:(type(v).__name__,len(v) if isinstance(v,bytes) else '') for k,v in (t.result or {}).items()}) for t in h.tasks])
