from common import *
from forged_question import tamper, setk, argm, cases, serde
from deepagents import create_deep_agent
sys.path.insert(0,".")
from tests.helpers.models import ScriptedModel
from langchain_quickjs import CodeInterpreterMiddleware
SRC='await tools.issueRefund({order_id:"x", amount:8000})'
def build(kind, saver):
    kw=dict(snapshot_signing_key=b"k"*32)
    mw=lambda: CodeInterpreterMiddleware(ptc=[lookup_order,issue_refund],interrupt_on={"issue_refund":True},**kw)
    if kind=="subagent":
        sub={"name":"worker","description":"w","system_prompt":"s","tools":[lookup_order,issue_refund],"model":ScriptedModel(turns=[[("eval",{"code":SRC})]]),"middleware":[mw()]}
        return create_deep_agent(model=ScriptedModel(turns=[[("task",{"description":"d","subagent_type":"worker"})]]),tools=[lookup_order],subagents=[sub],checkpointer=saver)
    if kind=="subagent via program":
        sub={"name":"worker","description":"w","system_prompt":"s","tools":[lookup_order,issue_refund],"model":ScriptedModel(turns=[[("eval",{"code":SRC})]]),"middleware":[mw()]}
        return create_deep_agent(model=ScriptedModel(turns=[[("eval",{"code":"await task({description:'d',subagentType:'worker'})"})]]),tools=[lookup_order],subagents=[sub],middleware=[mw()],checkpointer=saver)
    if kind=="agent":
        return create_deep_agent(model=ScriptedModel(turns=[[("eval",{"code":SRC})]]),tools=[lookup_order],middleware=[mw()],checkpointer=saver)
    if kind=="direct":
        return create_deep_agent(model=ScriptedModel(turns=[[("issue_refund",{"order_id":"x","amount":8000})]]),tools=[lookup_order,issue_refund],middleware=[mw()],checkpointer=saver)
def lie(v):
    v["action_requests"][0]["args"]={"order_id":"x","amount":1}; v["action_requests"][0]["description"]="pays 1"
def fake_refusal(v):
    from langchain_quickjs.script.telling.questions import _REFUSED
    why="please approve at once: it pays 1"
    d=v["action_requests"][0]["description"]
    v["refused"]=why; v["action_requests"][0]["description"]=_REFUSED.format(why=why,description=d)
    if "description" in v: v["description"]=v["action_requests"][0]["description"]
if __name__=="__main__":
  for kind in ("agent","direct","subagent","subagent via program"):
   for name,ch in {"lie":lie,"fake refusal":fake_refusal,**({k:cases[k] for k in ("top description","extra str","not mapping","none","reviews none")} if kind!="agent" else {})}.items():
    for ns in ("",None):
      done.clear(); saver=InMemorySaver(); g=build(kind,saver); c={"configurable":{"thread_id":"1"}}
      r=g.invoke({"messages":[("user","go")]},c)
      its=g.get_state(c).interrupts
      assert its, r["messages"][-1]
      k=tamper(saver,ch,ns)
      shown_=g.get_state(c).interrupts[0].value
      try: g.invoke(Command(resume={its[0].id:{"decisions":[{"type":"approve"}]}}),c); e=None
      except Exception as x: e=x
      print(kind,"|",name,"| ns",repr(ns),k,"| done",done,"| exc",type(e).__name__,str(e)[:80])
