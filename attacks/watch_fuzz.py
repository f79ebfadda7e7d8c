"""pending, timeline, pending_threads on damaged state: random replaced parts in every checkpoint and write."""
import faulthandler; faulthandler.dump_traceback_later(35, exit=True)
from common import *
from forged_question import serde
import random, copy, time, collections, traceback
sys.path.insert(0,".")
from langgraph.types import Interrupt
rnd=random.Random(int(sys.argv[1]) if len(sys.argv)>1 else 1)
deep=[]
for _ in range(150): deep=[deep]
BAD=[None,"",0,-1,1e308,float("nan"),float("inf"),10**30,-10**30,"\ud800x","<script>alert(1)</script>","\"><svg onload=alert(1)>",[],{},[None],[[]],{"":None},{"a":{"b":[1]}},True,b"x","x"*200000,deep,"2026-01-01T00:00:00","9999-12-31T23:59:59+14:00","0001-01-01T00:00:00-23:00",[1]*5000]
def parts(v,p=()):
    yield p
    if isinstance(v,Interrupt): yield from parts(v.value,(*p,"value"))
    elif isinstance(v,dict):
        for k,x in v.items(): yield from parts(x,(*p,k))
    elif isinstance(v,(list,tuple)):
        for k,x in enumerate(v): yield from parts(x,(*p,k))
    elif hasattr(v,"__dict__") and hasattr(v,"artifact"): yield from parts(v.artifact,(*p,"artifact"))
def repl(v,p,bad):
    if not p: return bad
    f,*r=p
    if isinstance(v,Interrupt): return Interrupt(repl(v.value,r,bad),v.id)
    if hasattr(v,"artifact") and f=="artifact":
        w=v.model_copy(); w.artifact=repl(v.artifact,r,bad); return w
    c=list(v) if isinstance(v,tuple) else copy.copy(v); c[f]=repl(v[f],r,bad); return c
from forged_nested import build
from forged_nested import ScriptedModel
def make(answered):
    saver=InMemorySaver()
    from langchain.agents import create_agent
    g=create_agent(model=ScriptedModel(turns=[[("eval",{"code":'console.log("hi");await tools.lookupOrder({order_id:"1"}); await tools.issueRefund({order_id:"x", amount:8000})'})],[("eval",{"code":'await tools.issueRefund({order_id:"y", amount:1})'})]]),middleware=[CodeInterpreterMiddleware(ptc=[lookup_order,issue_refund],interrupt_on={"issue_refund":{"allowed_decisions":["approve"],"expires_after_s":99}})],checkpointer=saver)
    c={"configurable":{"thread_id":"1"}}
    g.invoke({"messages":[("user","go")]},c)
    for _ in range(answered): yes(g,c)
    return g,c,saver
import pickle
excs=collections.Counter()
t0=time.time()
from langchain_quickjs.notebook import approval_form
n=0
bases=[make(0),make(1),make(2)]
while time.time()-t0<25:
    g,c,saver=rnd.choice(bases)
    w0={k:dict(v) for k,v in saver.writes.items()}; b0=dict(saver.blobs); s0={k:{kk:dict(vv) for kk,vv in v.items()} for k,v in saver.storage.items()}
    cands=[("w",k,rk) for k,v in saver.writes.items() for rk in v if v[rk][1]!="__pregel_tasks"]+[("b",k,None) for k in saver.blobs if saver.blobs[k][0]!="empty" and k[2]!="__pregel_tasks"]
    kind,k,rk=rnd.choice(cands)
    try:
        if kind=="w":
            tid,ch,val,path=saver.writes[k][rk]; v=serde.loads_typed(val)
        else:
            v=serde.loads_typed(saver.blobs[k])
        ps=list(parts(v)); p=rnd.choice(ps); bad=rnd.choice(BAD)
        new=repl(v,p,bad)
        try: enc=serde.dumps_typed(new)
        except Exception: continue
        if kind=="w": saver.writes[k][rk]=(tid,ch,enc,path)
        else: saver.blobs[k]=enc
        n+=1
        for name,f in {"pending":lambda:pending(g,c),"threads":lambda:list(pending_threads(saver)),"timeline":lambda:timeline(g,c),"form":lambda:approval_form(g,c)}.items():
            if name=="form":
                try: g.get_state(c); its=[x.value for x in g.get_state(c).interrupts]
                except Exception: continue
            t=time.time()
            try:
                r=f()
                if name=="timeline":
                    for out in (r.to_svg(),r.to_html(),str(r._repr_mimebundle_() if hasattr(r,"_repr_mimebundle_") else ""),repr(r),str(r)):
                        if "<script" in out or "<svg onload" in out: print("INJECTION",name,p,out[:100])
                        if len(out)>1_000_000: print("BIG",name,len(out),p,str(bad)[:30])
                else:
                    for x in (r if isinstance(r,(list,tuple)) else [r]):
                        m=str(x._repr_mimebundle_()) if hasattr(x,"_repr_mimebundle_") else ""
                        m2=repr(x)
                        if "<script" in m or "<svg onload" in m: print("INJECTION?",name,p,m[:300])
            except QuickJSError: excs[name,"ok"]+=1
            except Exception as e:
                tb=traceback.extract_tb(e.__traceback__)
                last=[x for x in tb if "langchain_quickjs" in x.filename]
                inner=tb[-1]
                key=(name,type(e).__name__,f"{inner.filename[-40:]}:{inner.lineno}",f"{last[-1].filename[-40:]}:{last[-1].lineno}" if last else "")
                if excs[key]==0: print("EXC",key,str(e)[:150],"| at",kind,(k[-1] if kind=="b" else ch),k[:3] if kind=="b" else k[1], p,"<-",str(bad)[:30])
                excs[key]+=1
            if time.time()-t>2: print("SLOW",name,time.time()-t,p,str(bad)[:40])
    finally:
        saver.writes.clear(); saver.writes.update(w0); saver.blobs.clear(); saver.blobs.update(b0)
print(n); 
for k,v in excs.items(): print(v,k)
