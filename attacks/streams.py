"""What streams, events and callbacks carry of a paused program."""
from common import *
from forged_nested import build, ScriptedModel, CodeInterpreterMiddleware
import asyncio, collections
from langchain_core.callbacks import BaseCallbackHandler
from langchain.agents import create_agent
KEY=b"SECRETKEYSECRETKEY0123456789abcd"
sizes=collections.defaultdict(int)
def texts(v,depth=0):
    r=repr(v); return r
def look(where,item):
    r=texts(item)
    for bad in ("QJSW","SECRETKEY","(\\xb5/\\xfd","zstd+","QJSS"):
        if bad in r: print("LEAK",where,bad,r[max(0,r.index(bad)-200):r.index(bad)+60])
    if "b'" in r or 'b"' in r:
        import re
        m=re.search(r"\bb'(\\x|QJ)[^']{10,}",r)
        if m: print("BYTES",where,len(r),r[max(0,m.start()-150):m.start()+80])
    sizes[where]=max(sizes[where],len(r))
class H(BaseCallbackHandler):
    def __getattribute__(self,n):
        if n.startswith("on_") : 
            def f(*a,**k): look("cb "+n,(a,k))
            return f
        return super().__getattribute__(n)
SRC='const big="z".repeat(200000);console.log("c".repeat(3000));await tools.lookupOrder({order_id:"L".repeat(50000)}); const r=await tools.bigTool({n:1}); await tools.issueRefund({order_id:"x", amount:8000}); await tools.issueRefund({order_id:"x2", amount:8000});1'
def big_tool(n:int)->str:
    "b"
    return "R"*300000
def mk(saver,nested=False):
    mw=CodeInterpreterMiddleware(ptc=[lookup_order,issue_refund,big_tool],interrupt_on={"issue_refund":True},snapshot_signing_key=KEY,durability=D)
    return create_agent(model=ScriptedModel(turns=[[("eval",{"code":SRC})]]),middleware=[mw],checkpointer=saver)
for D in ("pause","call"):
  for modes in (["values"],["updates"],["messages"],["custom"],["debug"],["tasks"],["checkpoints"]):
    saver=InMemorySaver(); g=mk(saver); c={"configurable":{"thread_id":"1"},"callbacks":[H()]}
    inp={"messages":[("user","go")]}
    for _ in range(3):
        for x in g.stream(inp,c,stream_mode=modes,subgraphs=True): look(D+" "+modes[0],x)
        st=g.get_state(c,subgraphs=True); look(D+" get_state",st)
        for h in list(g.get_state_history(c))[:5]: look(D+" history",h)
        its=g.get_state(c).interrupts
        if not its: break
        inp=Command(resume={i.id:{"decisions":[{"type":"approve"}]} for i in its})
  async def ev():
    saver=InMemorySaver(); g=mk(saver); c={"configurable":{"thread_id":"1"}}
    inp={"messages":[("user","go")]}
    for _ in range(3):
        async for e in g.astream_events(inp,c,version="v2"): look(D+" ev "+e["event"],e)
        its=g.get_state(c).interrupts
        if not its: break
        inp=Command(resume={i.id:{"decisions":[{"type":"approve"}]} for i in its})
  asyncio.run(ev())
for k,v in sorted(sizes.items()): print(v,k)
